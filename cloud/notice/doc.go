// Package notice keeps what an account should know of: somebody entered with consent, too many wrong tries, a webhook that was stopped, an
// announcement of the platform (MSG-06). A notice belongs to one account, is read or unread, and is told live.
package notice
