package cloudtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// GuardedMails is a mail server with a certificate that takes mail only over TLS from one user.
type GuardedMails struct {
	*Mails
	CA           string // PEM file of the certificate that it must be known by
	User         string
	PasswordFile string
}

// CatchGuardedMails runs such a server until the test ends: it offers STARTTLS, or speaks TLS from the first byte when atOnce is set.
func CatchGuardedMails(t testing.TB, atOnce bool) *GuardedMails {
	t.Helper()
	folder := t.TempDir()
	g := &GuardedMails{CA: filepath.Join(folder, "ca.pem"), User: "doors", PasswordFile: filepath.Join(folder, "password")}
	certificate := selfSigned(t, g.CA)
	if err := os.WriteFile(g.PasswordFile, []byte(Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.Mails = &Mails{
		Address: listener.Addr().String(), user: g.User, password: Password, refuse: map[string]*smtp.SMTPError{}, more: make(chan struct{}),
	}
	if atOnce {
		listener = tls.NewListener(listener, certificate)
	}
	g.serve(t, listener, certificate)
	return g
}

// AuthMechanisms offers one way to sign in where there is a user; the server offers it over TLS alone.
func (e *envelope) AuthMechanisms() []string {
	if e.mails.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth takes a user and its password.
func (e *envelope) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if subtle.ConstantTimeCompare([]byte(user+"\n"+password), []byte(e.mails.user+"\n"+e.mails.password)) != 1 {
			return smtp.ErrAuthFailed
		}
		e.known = true
		return nil
	}), nil
}

// selfSigned makes a certificate for 127.0.0.1 and writes it to a file, for those who shall trust it.
func selfSigned(t testing.TB, path string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "catcher.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}
