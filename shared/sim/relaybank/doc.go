// Package relaybank is the relay hardware of the simulated devices: outputs with a state, a hold timer of their own and
// a dated history. The door phone's web interface and the Modbus board drive it; tests read what really happened from
// it. It knows no protocol.
package relaybank
