// Package cloud wires the cloud service: database, jobs, broker, agents' listener, API and portal in one process. Programs and the
// demo make it with New and live in Run; it decides nothing that a job should decide.
package cloud
