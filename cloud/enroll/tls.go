package enroll

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"

	"vestibule/shared/logkey"
)

// serverCertificate is the one in use; its key lives in memory alone, because agents trust the root and not a leaf.
type serverCertificate struct {
	tls  *tls.Certificate
	leaf *x509.Certificate
}

// serverNames lists every name and address that the certificates carry.
func serverNames(cfg Config) []string {
	var names []string
	add := func(name string) {
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range slices.Concat([]string{cfg.ServerName, cfg.BrokerHost, cfg.AgentsHost}, cfg.Names) {
		add(name)
	}
	return names
}

// ServerTLS is for the agents' HTTPS listener and for MQTT: our certificate, made anew when less than 30 days are left. A client may
// show a certificate; whether it lets anybody in is for Admit. Sessions are not resumed, so that every connection is judged.
func (s *Service) ServerTLS() (*tls.Config, error) {
	if _, err := s.certificate(context.Background()); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		ClientAuth:             tls.RequestClientCert,
		SessionTicketsDisabled: true,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return s.certificate(hello.Context())
		},
	}, nil
}

// certificate gives the server's certificate, a new one when the old has less than rotateServerAt left.
func (s *Service) certificate(ctx context.Context) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil && s.Now().Add(rotateServerAt).Before(s.server.leaf.NotAfter) {
		return s.server.tls, nil
	}
	fresh, err := s.makeServer()
	var limits x509.CertificateInvalidError
	if errors.As(err, &limits) {
		// The authority was made for other names: the root makes another one.
		if s.ca.servers, err = s.makeServers(); err != nil {
			return nil, err
		}
		if err := s.keep(ctx, keyServers, s.ca.servers); err != nil {
			return nil, err
		}
		fresh, err = s.makeServer()
	}
	if err != nil {
		if s.server != nil {
			s.Logger.ErrorContext(ctx, "server certificate is not renewed", logkey.Err, err)
			return s.server.tls, nil
		}
		return nil, err
	}
	s.server = fresh
	return fresh.tls, nil
}

// forNames lets a certificate stand for every name in force.
func (s *Service) forNames(t *x509.Certificate) {
	for _, name := range s.names {
		if ip := net.ParseIP(name); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
}

func (s *Service) makeServer() (*serverCertificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := template("Vestibule", s.Now(), serverLifetime)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	s.forNames(t)
	leaf, err := issue(t, s.ca.servers.cert, &key.PublicKey, s.ca.servers.key)
	if err != nil {
		return nil, err
	}
	roots, middle := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(s.ca.root.cert)
	middle.AddCert(s.ca.servers.cert)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: middle, CurrentTime: s.Now()}); err != nil {
		return nil, err
	}
	// The root goes along: an agent with a claim link knows only its digest.
	return &serverCertificate{leaf: leaf, tls: &tls.Certificate{
		Certificate: [][]byte{leaf.Raw, s.ca.servers.cert.Raw, s.ca.root.cert.Raw}, PrivateKey: key, Leaf: leaf,
	}}, nil
}
