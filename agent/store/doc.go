// Package store is the agent's one file on disk: identity, the site's document, the outbox, the command journal, SIP
// bindings, receipts, found devices and the last calls. Jobs declare the small interface they need and
// *Store satisfies it; this is the only package of the agent that knows SQL.
// Live legs of calls have a file of their own, see legfile.
//
// Every commit is on the disk before it returns (WAL, synchronous FULL): a power cut loses nothing that was promised.
// A transaction travels in the context; a nested InTx joins the outer one. The folder is 0700 and the file 0600, because
// private keys lie in it; it must never print, log or return them in an error.
package store
