// Package account knows who signs in: the first account by a one-time set-up token, passwords (argon2id), server-side
// sessions, limits on guessing, and the Caller that every request carries. The API calls it; it never sees HTTP and
// never gives out a password, a token's text after it was made, or the reason why a sign-in failed.
package account
