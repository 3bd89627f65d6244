// Package sweep does again and again what must be done when time passes: a replica that misses a turn, or fails in one, does it in the next.
package sweep
