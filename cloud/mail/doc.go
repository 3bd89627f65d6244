// Package mail sends letters: twelve languages, plain text and HTML, over SMTP or into a folder. A letter is posted in the transaction of
// what it tells about and leaves through the job queue: retried, given up, or suppressed for an address that refused for good. Letters may
// hold single-use links, so they rest sealed and go when they are sent. The package decides nothing about people and never reads accounts.
package mail
