package enroll_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"vestibule/agent/enroll"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// authority makes identities as a cloud does.
type authority struct {
	t    *testing.T
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.root, _ = x509.ParseCertificate(der)
	return a
}

// identity gives an agent a certificate that ends after lives.
func (a *authority) identity(name string, lives time.Duration, usage x509.ExtKeyUsage) enroll.Identity {
	a.t.Helper()
	key := newKey(a.t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(lives),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}, a.root, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return enroll.Identity{
		Chain: [][]byte{der}, Roots: [][]byte{a.root.Raw},
		Key: secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))),
	}
}

// shows EDGE-32/R03 by agent/enroll/prove.go: "if !ok || !ecdsa.VerifyASN1(key, digest(context, message), signature) {" => "if _ = key; !ok {"
func TestProve_OnlyTheCertificatesOwnerForTheSamePurpose(t *testing.T) {
	cloud, foreign := newAuthority(t), newAuthority(t)
	agent := domain.NewID[domain.AgentID](time.Now())
	const purpose, message = "vestibule signal 1", "ring"
	me := cloud.identity(domain.NewID[domain.AgentID](time.Now()).String(), time.Minute, x509.ExtKeyUsageClientAuth)
	peer := cloud.identity(agent.String(), time.Minute, x509.ExtKeyUsageClientAuth)
	sign := func(id enroll.Identity) []byte {
		s, err := id.Prove(purpose, []byte(message))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if got, err := me.Proved(peer.Chain, purpose, []byte(message), sign(peer), time.Now()); err != nil || got != agent {
		t.Fatalf("%v %v", got, err)
	}
	stranger := foreign.identity(agent.String(), time.Minute, x509.ExtKeyUsageClientAuth)
	server := cloud.identity(agent.String(), time.Minute, x509.ExtKeyUsageServerAuth)
	nobody := cloud.identity("root", time.Minute, x509.ExtKeyUsageClientAuth)
	for name, c := range map[string]struct {
		chain            [][]byte
		purpose, message string
		signature        []byte
		now              time.Time
	}{
		"another message":   {peer.Chain, purpose, "open", sign(peer), time.Now()},
		"another purpose":   {peer.Chain, "vestibule command 1", message, sign(peer), time.Now()},
		"another's key":     {peer.Chain, purpose, message, sign(me), time.Now()},
		"another cloud":     {stranger.Chain, purpose, message, sign(stranger), time.Now()},
		"ended certificate": {peer.Chain, purpose, message, sign(peer), time.Now().Add(2 * time.Minute)},
		"a server":          {server.Chain, purpose, message, sign(server), time.Now()},
		"no agent":          {nobody.Chain, purpose, message, sign(nobody), time.Now()},
		"no chain":          {nil, purpose, message, sign(peer), time.Now()},
		"no certificate":    {[][]byte{{1, 2}}, purpose, message, sign(peer), time.Now()},
		"no signature":      {peer.Chain, purpose, message, nil, time.Now()},
	} {
		if who, err := me.Proved(c.chain, c.purpose, []byte(c.message), c.signature, c.now); err == nil || !who.IsZero() {
			t.Errorf("%s proved %v", name, who)
		}
	}
}
