package registration

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"vestibule/shared/secret"
)

// Path is the page of the portal that takes a code; the token stands in the fragment, which no browser sends to a server.
const Path = "/register#token="

// tokenBytes is the randomness of a token: 256 bits.
const tokenBytes = 32

// Code is a fresh code. Only the hash is looked for; the token is kept sealed because the monitor shows it.
type Code struct {
	Token secret.String
	Hash  []byte // SHA-256 of the token's text
}

// NewCode draws a code.
func NewCode() Code {
	var raw [tokenBytes]byte
	// crypto/rand never fails: the runtime ends the program when the system has no randomness.
	_, _ = rand.Read(raw[:])
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	return Code{Token: secret.New(token), Hash: HashOf(secret.New(token))}
}

// HashOf gives what a token is looked for by.
func HashOf(token secret.String) []byte {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return sum[:]
}

// URL gives the address that a QR code holds, for the public address of the portal.
func URL(public string, token secret.String) secret.String {
	return secret.New(public + Path + token.Reveal())
}

// Kept is the code of a home as it is kept; Used is zero while nobody has used it.
type Kept struct {
	Token   secret.String
	Created time.Time
	Used    time.Time
}
