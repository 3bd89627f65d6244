package factor_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// authenticator is a client with a key in it, as a browser on a phone is one: attestation "none", ES256, discoverable, and it verifies its
// user. It shares no code with the service's library.
type authenticator struct {
	origin   string
	key      *ecdsa.PrivateKey
	id       []byte
	handle   []byte
	rpID     string
	counter  uint32
	verified bool // it asks its user for finger, face or PIN
}

func newAuthenticator(origin string) *authenticator {
	return &authenticator{origin: origin, verified: true}
}

var b64 = base64.RawURLEncoding

func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (a *authenticator) client(t *testing.T, kind, challenge string) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
	return must(t, data, err)
}

// Flags of authenticator data (WebAuthn 6.1).
const (
	userPresent  = 0x01
	userVerified = 0x04
	withKey      = 0x40
)

func (a *authenticator) data(flags byte, rest []byte) []byte {
	if a.verified {
		flags |= userVerified
	}
	a.counter++
	host := sha256.Sum256([]byte(a.rpID))
	out := append(host[:], flags|userPresent)
	out = binary.BigEndian.AppendUint32(out, a.counter)
	return append(out, rest...)
}

// create makes a key as navigator.credentials.create does and answers RegistrationResponseJSON.
func (a *authenticator) create(t *testing.T, options []byte) []byte {
	t.Helper()
	var asked struct {
		Challenge string
		RP        struct{ ID string }
		User      struct{ ID string }
		Selection struct {
			ResidentKey      string
			UserVerification string
		} `json:"authenticatorSelection"`
	}
	if err := json.Unmarshal(options, &asked); err != nil {
		t.Fatal(err)
	}
	if asked.Selection.ResidentKey != "required" || asked.Selection.UserVerification != "required" {
		t.Errorf("a passkey is discoverable and verifies its user: %s", options)
	}
	a.key = must(ecdsaKey(t))
	a.id = make([]byte, 24)
	_, _ = rand.Read(a.id)
	handle, err := b64.DecodeString(asked.User.ID)
	a.handle, a.rpID = must(t, handle, err), asked.RP.ID

	point, err := a.key.PublicKey.Bytes()
	must(t, point, err)
	public, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:65]})
	must(t, public, err)
	rest := make([]byte, 16) // no model
	rest = binary.BigEndian.AppendUint16(rest, uint16(len(a.id)))
	rest = append(append(rest, a.id...), public...)
	mode, err := cbor.CTAP2EncOptions().EncMode()
	must(t, mode, err)
	object, err := mode.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": a.data(withKey, rest)})
	must(t, object, err)
	return a.answer(t, map[string]any{
		"clientDataJSON": b64.EncodeToString(a.client(t, "webauthn.create", asked.Challenge)), "attestationObject": b64.EncodeToString(object),
		"transports": []string{"internal"},
	})
}

func ecdsaKey(t *testing.T) (*testing.T, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return t, key, err
}

// get signs as navigator.credentials.get does and answers AuthenticationResponseJSON.
func (a *authenticator) get(t *testing.T, options []byte) []byte {
	t.Helper()
	var asked struct{ Challenge string }
	if err := json.Unmarshal(options, &asked); err != nil {
		t.Fatal(err)
	}
	client, data := a.client(t, "webauthn.get", asked.Challenge), a.data(0, nil)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	must(t, signature, err)
	return a.answer(t, map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(signature),
		"userHandle": b64.EncodeToString(a.handle),
	})
}

func (a *authenticator) answer(t *testing.T, response map[string]any) []byte {
	t.Helper()
	out, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response,
	})
	return must(t, out, err)
}
