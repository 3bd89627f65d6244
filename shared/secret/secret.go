package secret

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"math/big"

	"github.com/fxamacker/cbor/v2"
)

// String is a text that must not be shown. The zero value means "none set".
type String struct{ text string }

const dots = "••••"

// New takes text into a String.
func New(text string) String { return String{text} }

// Reveal gives the text. Call it only where the secret is used: a digest, a sealed column, a device's form.
func (s String) Reveal() string { return s.text }

// IsZero tells whether no secret is set.
func (s String) IsZero() bool { return s.text == "" }

// Equal compares in constant time.
func (s String) Equal(t String) bool {
	return subtle.ConstantTimeCompare([]byte(s.text), []byte(t.text)) == 1
}

// String prints dots.
func (s String) String() string { return dots }

// GoString prints dots for %#v.
func (s String) GoString() string { return dots }

// Format prints dots for every verb.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, dots) }

// LogValue prints dots in structured logs.
func (s String) LogValue() slog.Value { return slog.StringValue(dots) }

// MarshalJSON prints dots.
func (s String) MarshalJSON() ([]byte, error) { return []byte(`"` + dots + `"`), nil }

// MarshalText prints dots.
func (s String) MarshalText() ([]byte, error) { return []byte(dots), nil }

// MarshalCBOR writes the text: CBOR is our own link and our own store, and both seal what they carry.
func (s String) MarshalCBOR() ([]byte, error) { return cbor.Marshal(s.text) }

// UnmarshalCBOR reads the text.
func (s *String) UnmarshalCBOR(data []byte) error { return cbor.Unmarshal(data, &s.text) }

// alphabet leaves out characters that people mix up when they type a password from a screen.
const alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"

// Random makes a password of n characters from an unambiguous alphabet (5.8 bits each).
func Random(n int) String {
	out := make([]byte, n)
	size := big.NewInt(int64(len(alphabet)))
	for i := range out {
		k, err := rand.Int(rand.Reader, size)
		if err != nil {
			panic("the system has no randomness: " + err.Error())
		}
		out[i] = alphabet[k.Int64()]
	}
	return String{string(out)}
}
