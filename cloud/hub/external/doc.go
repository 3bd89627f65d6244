// Package external is the hub over a broker of its own: any MQTT 3.1.1 broker with shared subscriptions, shown with Mosquitto. Every replica of the cloud
// joins one group and takes its part of what agents say; what the cloud says goes to the one connection that it names. The broker's rules
// (deploy/cluster) let an agent say and hear its own topics alone: who an agent is, is the broker's word.
//
// Nothing is kept and nothing depends on an acknowledgement of the broker. The package never lets an agent's message wait for another agent's.
package external
