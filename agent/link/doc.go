// Package link keeps one MQTT connection to the cloud: it dials, says hello, waits for the welcome, beats, measures the
// cloud's clock and starts over when the line is dead. The agent's wiring runs it and gives it the jobs that take part in a
// session, in the order in which they may speak. It is the only package of the agent that knows MQTT.
//
// It must never carry the truth: nothing here is durable except the fence, and a job that is cut off in the middle of a
// word says it again on the next session. It must never wait for a job, and no job waits for it.
package link
