// Package devicetest holds what every intercom driver must do, as one test suite that each driver runs against a device of its own choosing. It
// is test code in ordinary files: no program may ship it.
package devicetest
