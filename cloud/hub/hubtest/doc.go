// Package hubtest is the contract of a hub as tests: every implementation runs the same suite with real connections. Only
// tests import it; it never looks inside an implementation.
package hubtest
