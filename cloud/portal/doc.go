// Package portal holds the built web portal inside the binary. The API serves it; the sources are in web, and nothing here runs.
package portal
