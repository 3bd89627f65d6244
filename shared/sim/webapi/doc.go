// Package webapi is the web interface of a simulated door phone or monitor: the common /api dialect of real devices with
// its digest login, its string values, its single thread and its bad habits, switchable one by one. It keeps settings
// and contacts and moves the relays of a bank. It must never be served beyond a test network.
package webapi
