// Package capability knows which features a device's firmware can do: the guides' table of minimum firmware as data (DEV-25), and the comparison
// with what a device reports. Forms, warnings and the agent's writing ask it, so that all three say the same. It reads no files, knows no site and
// no nouns, and never decides what happens below a minimum.
package capability
