// Package relay says what a relay driver is: something that moves contacts and tells honestly what it knows about them. Package door owns every
// driver and is the only caller. A driver must never repeat a write by itself, and must never call a write that may have arrived "failed".
package relay
