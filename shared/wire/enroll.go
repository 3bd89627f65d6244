package wire

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// EnrollRequest is the CBOR body of POST /enroll on the agents' HTTPS listener.
type EnrollRequest struct {
	Code      string `cbor:"1,keyasint"` // normalised claim code
	CSR       []byte `cbor:"2,keyasint"` // PKCS #10, DER, P-256; the subject is ignored
	ConfigKey []byte `cbor:"3,keyasint"` // X25519 public key for SealConfig
	Version   string `cbor:"4,keyasint"` // of the agent
	Proto     int    `cbor:"5,keyasint"`
}

// EnrollAnswer is what a claimed agent needs to live.
type EnrollAnswer struct {
	Agent       domain.AgentID `cbor:"1,keyasint"`
	Site        domain.SiteID  `cbor:"2,keyasint"`
	Chain       [][]byte       `cbor:"3,keyasint"` // client certificate, leaf first, DER
	Roots       [][]byte       `cbor:"4,keyasint"` // what the cloud's certificates come from, DER
	Broker      string         `cbor:"5,keyasint"` // host:port of MQTT over TLS
	Generation  uint32         `cbor:"6,keyasint"`
	CommandKeys [][]byte       `cbor:"7,keyasint"` // Ed25519 public keys that sign commands
	SiteName    string         `cbor:"8,keyasint"`
	ServerName  string         `cbor:"9,keyasint"` // name to check in the broker's certificate
}

// RenewAnswer answers POST /renew with a new chain (DER, leaf first).
type RenewAnswer struct {
	Chain [][]byte `cbor:"1,keyasint"`
}

// crockford is the claim code's alphabet: no I, L, O, U.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// CodeLength is the number of characters of a claim code: 13 × 5 bits = 65 bits.
const CodeLength = 13

// NewCode makes a claim code from CodeLength random bytes' low five bits.
func NewCode(random [CodeLength]byte) string {
	out := make([]byte, CodeLength)
	for i, b := range random {
		out[i] = crockford[b&31]
	}
	return string(out)
}

// ShowCode groups a code for reading: XXXXX-XXXX-XXXX.
func ShowCode(code string) string {
	if len(code) != CodeLength {
		return code
	}
	return code[:5] + "-" + code[5:9] + "-" + code[9:]
}

// ParseCode normalises what a person typed: case, blanks, hyphens, and the letters people mix up (Crockford).
func ParseCode(text string) (string, error) {
	plain := strings.NewReplacer("-", "", " ", "", "I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(text))
	if len(plain) != CodeLength || strings.Trim(plain, crockford) != "" {
		return "", fault.New(fault.Invalid, "A claim code has %d letters and digits.", CodeLength)
	}
	return plain, nil
}

// ClaimLink is what is scanned or pasted: the cloud's address for agents, the SHA-256 of its root and the code.
// The text is vestibule://host:port/claim#code=…&root=… : the secrets stand in the fragment.
type ClaimLink struct {
	Host string   // host:port of the agents' HTTPS listener
	Root [32]byte // SHA-256 of the DER root certificate
	Code string
}

// String writes the link.
func (l ClaimLink) String() string {
	v := url.Values{"code": {l.Code}, "root": {base64.RawURLEncoding.EncodeToString(l.Root[:])}}
	return "vestibule://" + l.Host + "/claim#" + v.Encode()
}

// ParseClaimLink reads a link; the error is Invalid.
func ParseClaimLink(text string) (ClaimLink, error) {
	bad := fault.New(fault.Invalid, "This is not a claim link.")
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "vestibule" || u.Host == "" || u.Port() == "" {
		return ClaimLink{}, bad
	}
	v, err := url.ParseQuery(u.Fragment)
	if err != nil {
		return ClaimLink{}, bad
	}
	root, err := base64.RawURLEncoding.DecodeString(v.Get("root"))
	if err != nil || len(root) != sha256.Size {
		return ClaimLink{}, bad
	}
	code, err := ParseCode(v.Get("code"))
	if err != nil {
		return ClaimLink{}, bad
	}
	return ClaimLink{Host: u.Host, Root: [32]byte(root), Code: code}, nil
}
