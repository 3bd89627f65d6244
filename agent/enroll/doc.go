// Package enroll makes a box an agent of one site: it takes a claim link or a typed code, makes the keys, asks the cloud
// for a certificate over HTTPS, and keeps that certificate fresh. The agent's page and command line call Claim; the wiring
// runs Renewer.
//
// A refused claim stores nothing. Private keys never leave the box, and never stand in a log or an error.
package enroll
