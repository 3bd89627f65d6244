package enroll

import (
	"crypto/ecdsa"
	"crypto/hpke"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// Identity is what a claim gave: who the agent is, whom it trusts and its keys. It lies in the agent's store (folder 0700, file 0600).
type Identity struct {
	Agent       domain.AgentID `cbor:"1,keyasint"`
	Site        domain.SiteID  `cbor:"2,keyasint"`
	SiteName    string         `cbor:"3,keyasint"`
	Generation  uint32         `cbor:"4,keyasint"`
	Broker      string         `cbor:"5,keyasint"` // host:port of MQTT over TLS
	ServerName  string         `cbor:"6,keyasint"` // name in the broker's certificate
	Host        string         `cbor:"7,keyasint"` // host:port of the agents' HTTPS listener
	Chain       [][]byte       `cbor:"8,keyasint"` // client certificate, leaf first, DER
	Roots       [][]byte       `cbor:"9,keyasint"` // DER
	CommandKeys [][]byte       `cbor:"10,keyasint"`
	Key         secret.String  `cbor:"11,keyasint"` // P-256, PKCS #8, PEM
	ConfigKey   secret.String  `cbor:"12,keyasint"` // X25519 for wire.OpenConfig, base64
}

// Leaf parses the client certificate.
func (id Identity) Leaf() (*x509.Certificate, error) {
	if len(id.Chain) == 0 {
		return nil, fault.New(fault.Invalid, "There is no certificate.")
	}
	return x509.ParseCertificate(id.Chain[0])
}

// Expired tells whether the client certificate has ended at now.
func (id Identity) Expired(now time.Time) bool {
	leaf, err := id.Leaf()
	return err == nil && now.After(leaf.NotAfter)
}

// TLS gives the client side of a connection to serverName: the cloud's roots, the agent's certificate alone, and now as the time to judge by. Who lets agents in
// knows their authority (agents-ca.pem at a broker), and would keep the copy of it that each brought for as long as the agent is there.
func (id Identity) TLS(serverName string, now func() time.Time) (*tls.Config, error) {
	roots := x509.NewCertPool()
	for _, der := range id.Roots {
		root, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("stored root: %w", err)
		}
		roots.AddCert(root)
	}
	key, err := parseKey(id.Key)
	if err != nil {
		return nil, err
	}
	if _, err := id.Leaf(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		ServerName:   serverName,
		RootCAs:      roots,
		Time:         now,
		Certificates: []tls.Certificate{{Certificate: id.Chain[:1], PrivateKey: key}},
	}, nil
}

// OpenKey gives the key that configuration is encrypted for.
func (id Identity) OpenKey() (hpke.PrivateKey, error) {
	raw, err := base64.StdEncoding.DecodeString(id.ConfigKey.Reveal())
	if err != nil {
		return nil, fault.New(fault.Internal, "The stored configuration key is damaged.")
	}
	return wire.ParseConfigKey(raw)
}

func keyPEM(key *ecdsa.PrivateKey) (secret.String, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return secret.String{}, err
	}
	return secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))), nil
}

// parseKey reads a stored key; its error names no byte of it.
func parseKey(text secret.String) (*ecdsa.PrivateKey, error) {
	damaged := fault.New(fault.Internal, "The stored key is damaged.")
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return nil, damaged
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, damaged
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, damaged
	}
	return key, nil
}
