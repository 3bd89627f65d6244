// Package sip is the SIP side of the building: registrar of its devices, server of their calls and client of the legs, on
// sipgo, which it alone imports. The wiring gives it the document, the stores, the doors and the log. It never answers a
// call by itself, never opens a door for a source address, never follows a redirection and never waits for the cloud.
package sip
