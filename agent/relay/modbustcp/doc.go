// Package modbustcp moves the coils of relay boards over Modbus TCP: FC05 writes one coil, FC01 reads it (profile modbus-coils). Package door
// calls it through relay.Switch, one goroutine a board address. It must never send a write twice, and never trust a connection it has not
// just read from.
package modbustcp
