// Package twonapi is the HTTP API of a simulated 2N intercom, after the maker's public manual: digest login, accounts of its telephone, its directory
// with series and timestamps, switches, and a picture. Passwords are never shown. It must never be served beyond a test network.
package twonapi
