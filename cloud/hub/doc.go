// Package hub is the pipe between the jobs of the cloud and the agents: one small interface over an MQTT broker, and the router
// that opens envelopes and hands bodies to the jobs. The wiring joins them; jobs know only the Publish they need.
//
// It never keeps a message, never answers before the job committed, and never lets a connection that is not in force (see
// presence) say anything but hello. Bytes that are no message are dropped and counted.
package hub
