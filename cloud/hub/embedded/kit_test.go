package embedded_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/hub"
	"vestibule/cloud/hub/embedded"
	"vestibule/cloud/hub/hubtest"
	"vestibule/deploy/broker"
	"vestibule/shared/domain"
)

// authority signs the certificates of a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := authority{key: key}
	a.cert = a.sign(t, "test root", &key.PublicKey, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	return a
}

func (a authority) sign(t *testing.T, name string, key *ecdsa.PublicKey, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	change(c)
	parent := a.cert
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key, a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func (a authority) pair(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{a.sign(t, name, &key.PublicKey, func(*x509.Certificate) {}).Raw}, PrivateKey: key}
}

// site is a hub at work with its authority and its list of the revoked.
type site struct {
	*embedded.Hub
	authority authority
	addr      string

	mu      sync.Mutex
	revoked map[domain.AgentID]bool
}

func (s *site) revoke(agent domain.AgentID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked[agent] = true
}

func (s *site) admit(_ context.Context, chain []*x509.Certificate) (domain.AgentID, error) {
	roots := x509.NewCertPool()
	roots.AddCert(s.authority.cert)
	if _, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return domain.AgentID{}, err
	}
	agent, err := domain.ParseID[domain.AgentID](chain[0].Subject.CommonName)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.revoked[agent] {
		err = errors.New("revoked")
	}
	return agent, err
}

func start(t *testing.T, handle hub.Handler, change ...func(*embedded.Config)) *site {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{authority: newAuthority(t), addr: listener.Addr().String(), revoked: map[domain.AgentID]bool{}}
	cfg := embedded.Config{
		Listener: listener, Admit: s.admit, Handle: handle, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		TLS: &tls.Config{Certificates: []tls.Certificate{s.authority.pair(t, "broker")}, MinVersion: tls.VersionTLS13},
	}
	for _, f := range change {
		f(&cfg)
	}
	if s.Hub, err = embedded.New(cfg); err != nil {
		t.Fatal(err)
	}
	s.serve(t)
	return s
}

// serve runs the hub until the test ends.
func (s *site) serve(t *testing.T) {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		end()
		select {
		case <-done:
		case <-time.After(hubtest.Patience):
			t.Error("the hub does not end")
		}
	})
}

func (s *site) clientTLS(cert *tls.Certificate) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(s.authority.cert)
	// The broker's certificate is for 127.0.0.1 in every test.
	c := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS13}
	if cert != nil {
		c.Certificates = []tls.Certificate{*cert}
	}
	return c
}

// dial opens TLS as the holder of cert; the error may come with the first read, as TLS 1.3 has it.
func (s *site) dial(cert *tls.Certificate) (*tls.Conn, error) {
	return tls.DialWithDialer(&net.Dialer{Timeout: hubtest.Patience}, "tcp", s.addr, s.clientTLS(cert))
}

// connect opens a client with the agent's certificate; id may be another name than the certificate's.
func (s *site) connect(t *testing.T, agent domain.AgentID, id string, will []byte) (*broker.Client, error) {
	t.Helper()
	return s.open(t, agent, id, will, s.authority.pair(t, agent.String()))
}

// connectWith opens a client with a certificate from elsewhere.
func (s *site) connectWith(t *testing.T, agent domain.AgentID, cert tls.Certificate) (*broker.Client, error) {
	t.Helper()
	return s.open(t, agent, agent.String(), nil, cert)
}

func (s *site) open(t *testing.T, agent domain.AgentID, id string, will []byte, cert tls.Certificate) (*broker.Client, error) {
	t.Helper()
	return broker.Dial(t, func() (*tls.Conn, error) { return s.dial(&cert) }, id, agent, will)
}

func (s *site) agent(t *testing.T, agent domain.AgentID, will []byte) *broker.Client {
	t.Helper()
	c, err := s.connect(t, agent, agent.String(), will)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// eventually waits for a condition that no channel tells.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late, tick := time.After(hubtest.Patience), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("%s does not come", what)
		case <-tick.C:
		}
	}
}
