// Package audit holds who did what to which object: before and after, from where, under which name and on whose behalf (LOG-04, BEY-19).
// Jobs make entries in the transaction of the act itself; entries are never changed and outlive what they tell of. The package must never
// see a secret: what is recorded is JSON in which secrets print as dots.
package audit
