// Package block packs rows of the outbox that follow each other into one row of the database, as many as fit into one of its pages. It has no logic beyond
// that, and touches no disk.
package block
