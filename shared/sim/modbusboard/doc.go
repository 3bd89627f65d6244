// Package modbusboard is the simulated relay board: a Modbus TCP server (Modbus Application Protocol 1.1b3) with the
// coil map of a common eight-channel board, its hardware pulse included. It is written by hand because the pulse is an
// FC05 with a value that libraries refuse. It knows relays and no doors.
package modbusboard
