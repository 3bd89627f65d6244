// Package seal encrypts small secrets at rest with the master key: passwords of devices in the database, private keys in the
// data folder. The wiring opens the key once and hands it to the jobs; the key itself is in no database, backup or log.
package seal
