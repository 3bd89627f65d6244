package sip

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// certificate makes an identity as the agent's page has one.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pool, cert := x509.NewCertPool(), tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(leaf)
	return cert, pool
}

// secureHouse is a house whose agent speaks SIP over TLS too.
func secureHouse(t *testing.T, n int) (*house, *x509.CertPool) {
	t.Helper()
	cert, pool := certificate(t)
	h := newHouse(t, n, domain.DTMFInfo)
	h.cfg = func(c *Config) { c.Secure, c.Certificate, c.Timers.Idle = "127.0.0.1:0", cert, time.Second }
	return h.start(), pool
}

// A monitor on TLS, which checks the agent's certificate, beside a door phone on UDP.
func TestTLS_MonitorRingsOverItsConnection(t *testing.T) {
	h, pool := secureHouse(t, 1)
	c, err := tls.Dial("tcp4", h.server.SecureAddr().String(), &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ringsOver(t, h, c, "tls")
}

// A connection that shows no registration is closed when it stays silent, one of a registered device is kept; the double line end of RFC
// 5626 is answered; a client that begins no TLS, or an old one, gets nothing.
func TestTLS_SilenceAndStrangers(t *testing.T) {
	h, pool := secureHouse(t, 1)
	idle, err := net.Dial("tcp4", h.server.SecureAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if _, err := idle.Write([]byte("OPTIONS sip:x SIP/2.0\r\n")); err != nil {
		t.Fatal(err)
	}
	if got, ended := readAll(t, idle); !ended || strings.Contains(got, "SIP/2.0") {
		t.Errorf("plain text got %q, ended %v", got, ended)
	}
	if _, err := tls.Dial("tcp4", h.server.SecureAddr().String(), &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
	mon, err := net.Dial("tcp4", h.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer mon.Close()
	ringsOver(t, h, mon, "tcp") // registered now
	if _, err := mon.Write([]byte("\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 8)
	if err := mon.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if n, err := mon.Read(buf); err != nil || string(buf[:n]) != "\r\n" {
		t.Errorf("a keep-alive got %q, %v", buf[:n], err)
	}
	if err := mon.SetReadDeadline(time.Now().Add(2500 * time.Millisecond)); err != nil { // more than twice the longest silence
		t.Fatal(err)
	}
	if n, err := mon.Read(buf); n != 0 || err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("the registered connection: %q, %v", buf[:n], err)
	}
}

// readAll reads until the other side closes.
func readAll(t *testing.T, c net.Conn) (string, bool) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	var all []byte
	buf := make([]byte, 256)
	for {
		n, err := c.Read(buf)
		all = append(all, buf[:n]...)
		if err != nil {
			return string(all), !strings.Contains(err.Error(), "timeout")
		}
	}
}
