// Package webhook tells other services what happened: signed bodies over HTTPS, retried with growing pauses, every delivery in a log. The
// addresses are people's input: private ones are refused when they are saved and again when they are called.
package webhook
