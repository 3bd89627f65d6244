// Package relaytest holds what every relay driver must do, as test suites that each driver runs against a peer of its own, and a bench board in
// memory for tests of package door. It is test code in ordinary files: no program may ship it.
package relaytest
