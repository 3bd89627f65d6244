// Package archtest holds tests only: the import fences of the module with the reason for each, one importer for every
// outside library, purity of the decision packages, package comments, sizes, and what a shipped program may contain.
//
// Nobody imports it. A rule is loosened by an architecture decision record (deploy/docs/adr), never by an exception here alone.
package archtest
