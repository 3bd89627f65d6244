// Package e2e shows the main job on real protocols: the shipped programs in network namespaces, and peers that share no code
// with them (SIPp, baresip, a Modbus server of pymodbus, the clients of Mosquitto). Its tests drive the cloud through the public
// API alone. Nothing in it is shipped, and nothing imports it.
package e2e
