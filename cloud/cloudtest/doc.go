// Package cloudtest runs the real cloud service in the process of a test, on free ports and in a folder of the test, and talks to its
// API as a client does. Only tests import it; it reaches into nothing.
package cloudtest
