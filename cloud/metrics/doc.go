// Package metrics keeps the numbers of one process of the cloud and writes them for Prometheus. Jobs count what they do through small interfaces of their own,
// which Metrics fulfils; the wiring names what is read or asked for at a scrape. No label ever holds an id, an address or a name that people chose: every set
// of values is closed. It is the one place of the library.
package metrics
