// Package systemd holds the units under which the programs run on a box, and the tests that keep them true.
//
// Nobody imports it: packages for distributions copy the .service files. A unit must never run as root, listen for anything
// that the program does not need, or name a flag that the program does not have.
package systemd
