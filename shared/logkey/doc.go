// Package logkey names the keys of structured logs, so that one thing has one key on both sides.
package logkey
