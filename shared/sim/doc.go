// Package sim is a simulated building on real protocols: door phones and monitors with SIP, sound, a web interface and
// multicast DNS, and Modbus relay boards, each with an address and ports of its own. Demonstrations and tests drive it
// through its methods or, from another process, through a control server on loopback. It imports no other package of
// the module and other libraries than the agent, so that it can disagree with it. It must never run beside real doors.
package sim
