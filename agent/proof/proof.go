package proof

import (
	"crypto/subtle"
	"strings"

	"github.com/icholy/digest"
)

// Realm is the digest realm of every server of ours.
const Realm = "vestibule"

// Digest algorithms (RFC 7616, RFC 8760). MD5 is offered first and alone: phones exist that give up at the sight of a second
// challenge (baresip 1.0 does) or read the first only. Who cannot answer MD5 asks again without an answer, and who knows
// SHA-256 names it: both are offered both. Passwords are random, 16 characters and more.
const (
	MD5    = "MD5"
	SHA256 = "SHA-256"
)

// Challenges are the values of the WWW-Authenticate headers.
func Challenges(nonce string, both, stale bool) []string {
	algorithms, out := []string{MD5}, []string(nil)
	if both {
		algorithms = append(algorithms, SHA256)
	}
	for _, algorithm := range algorithms {
		text := `Digest realm="` + Realm + `", nonce="` + nonce + `", algorithm=` + algorithm + `, qop="auth"`
		if stale {
			text += ", stale=true"
		}
		out = append(out, text)
	}
	return out
}

// Proof is what an Authorization header says.
type Proof struct {
	User, Nonce string
	Count       int    // 0: none
	URI         string // what was asked for
	credentials *digest.Credentials
}

// maxAuthorization bounds the header.
const maxAuthorization = 1024

// Read reads an Authorization header; false when it is none of ours.
func Read(header string) (Proof, bool) {
	if len(header) > maxAuthorization {
		return Proof{}, false
	}
	c, ok := parse(header)
	if !ok || c.Realm != Realm || c.Nc < 0 || c.Userhash || c.Username == "" || c.Nonce == "" {
		return Proof{}, false
	}
	if c.QOP != "" && (c.QOP != "auth" || c.Nc == 0 || c.Cnonce == "") {
		return Proof{}, false
	}
	return Proof{User: c.Username, Nonce: c.Nonce, Count: c.Nc, URI: c.URI, credentials: c}, true
}

// Matches computes the digest for a password and compares in constant time.
func (p Proof) Matches(method, password string) bool {
	algorithm := strings.ToUpper(p.credentials.Algorithm)
	if algorithm != "" && algorithm != MD5 && algorithm != SHA256 {
		return false
	}
	challenge := &digest.Challenge{Realm: Realm, Nonce: p.Nonce, Algorithm: p.credentials.Algorithm}
	if p.credentials.QOP != "" {
		challenge.QOP = []string{"auth"}
	}
	want, err := digest.Digest(challenge, digest.Options{
		Method: method, URI: p.credentials.URI, Count: p.Count, Username: p.User, Password: password, Cnonce: p.credentials.Cnonce,
	})
	return err == nil && subtle.ConstantTimeCompare([]byte(want.Response), []byte(strings.ToLower(p.credentials.Response))) == 1
}
