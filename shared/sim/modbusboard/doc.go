// Package modbusboard is the simulated relay board: Modbus TCP (Modbus Application Protocol 1.1b3), and Modbus RTU on a bus of several boards behind a
// pseudo terminal, with the register maps of boards that can be bought, their hardware pulse and input modes, bad habits and noise included. It is
// written by hand because the pulse is an FC05 with a value that libraries refuse. It knows relays and no doors.
package modbusboard
