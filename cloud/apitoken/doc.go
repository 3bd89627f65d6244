// Package apitoken keeps the tokens with which programs act for an account: scopes out of the table of rights, an end date, the last use,
// and revocation. A token is shown once; the database holds its hash.
package apitoken
