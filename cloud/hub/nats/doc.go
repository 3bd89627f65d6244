// Package nats is the hub over a NATS cluster: agents speak MQTT to any of its nodes, the replicas of the cloud share what agents say by a queue group, and
// what the cloud says goes to the one connection that it names. Who may come in, the nodes ask the cloud itself (auth callout): it sees the verified
// certificate and answers with rights on that agent's own subjects. No agent is known to the nodes by name.
//
// Nothing is kept and nothing depends on an acknowledgement of a node. The package never lets an agent's message wait for another agent's.
package nats
