package webapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// secured is the HTTPS side of a device that sends everybody there.
type secured struct {
	gate        *gate
	certificate *tls.Certificate
}

// Secure makes the device one that answers over HTTPS alone, with a certificate that it signs itself. It is called before Run.
func (s *Server) Secure() error {
	l, err := net.Listen("tcp", netip.AddrPortFrom(s.Addr().Addr(), 0).String())
	if err != nil {
		return err
	}
	s.secured = &secured{gate: &gate{Listener: l}}
	return s.NewCertificate()
}

// NewCertificate makes another one, as a reset does, or somebody who stands in the device's place.
func (s *Server) NewCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: s.o.Identity.MAC},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0), // real devices do not know what time it is
	}
	raw, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.secured.certificate = &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
	s.mu.Unlock()
	return nil
}

// secureListener is where HTTPS is taken.
func (s *Server) secureListener() net.Listener {
	return tls.NewListener(s.secured.gate, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.secured.certificate, nil
	}})
}

// moves sends a browser that came by HTTP to HTTPS; false: it stays.
func (s *Server) moves(w http.ResponseWriter, r *http.Request) bool {
	if s.secured == nil || r.TLS != nil {
		return false
	}
	at := s.secured.gate.Addr().(*net.TCPAddr).AddrPort()
	http.Redirect(w, r, fmt.Sprintf("https://%s%s", at, r.URL.RequestURI()), http.StatusMovedPermanently)
	return true
}
