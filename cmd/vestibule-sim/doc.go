// Command vestibule-sim runs a simulated building on real protocols: door phones, monitors and Modbus relay boards.
// People and tests start it to have something to configure, ring and open. It must never run beside real doors.
package main
