// Package factor checks what people show beside or instead of a password: codes by mail, authenticator codes (RFC 6238), recovery codes and
// passkeys (WebAuthn). It is the one place that knows those libraries, and it decides nothing about sessions.
package factor
