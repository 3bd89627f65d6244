// Package modbus moves and reads relay boards over Modbus TCP, RTU on RS485, and RTU through a serial server. What a board's registers mean is data
// (profiles). Package door calls it through relay.Rack, one goroutine a line. It must never send a write twice, never take a frame without a right
// checksum for an answer, and never trust a connection that it has not just read from.
package modbus
