// Package jobs runs work in the background out of the database (River), on both databases: work is put into the queue in the transaction of
// what causes it, so neither exists without the other; it is tried again with growing pauses and given up after a number of tries. It is
// the one place that knows River, and it knows nothing of what the work is.
package jobs
