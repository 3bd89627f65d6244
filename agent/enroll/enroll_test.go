package enroll_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/enroll"
	"vestibule/agent/store"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

var ctx = context.Background()

const code = "ABCDE12345678"

// cloud is a listener for agents with a private root.
type cloud struct {
	t      *testing.T
	server *httptest.Server
	key    *ecdsa.PrivateKey
	root   *x509.Certificate
	life   time.Duration
	start  time.Time // of certificates

	mu     sync.Mutex
	used   bool
	spoil  func(*wire.EnrollAnswer)
	asked  []string
	peers  int // requests that showed a certificate
	agents []domain.AgentID
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{t: t, life: 180 * 24 * time.Hour, start: time.Now().Add(-time.Minute), spoil: func(*wire.EnrollAnswer) {}}
	c.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, NotBefore: time.Now().Add(-10000 * time.Hour), NotAfter: time.Now().Add(10000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &c.key.PublicKey, c.key)
	if err != nil {
		t.Fatal(err)
	}
	c.root, _ = x509.ParseCertificate(der)
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	leaf := c.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "cloud"}, DNSNames: []string{"cloud.test", "localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: time.Now().Add(-10000 * time.Hour), NotAfter: time.Now().Add(10000 * time.Hour),
	}, &key.PublicKey)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /enroll", c.enroll)
	mux.HandleFunc("POST /renew", c.renew)
	c.server = httptest.NewUnstartedServer(mux)
	c.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	c.server.TLS = &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequestClientCert,
		Certificates: []tls.Certificate{{Certificate: [][]byte{leaf, c.root.Raw}, PrivateKey: key}},
	}
	c.server.StartTLS()
	t.Cleanup(c.server.Close)
	return c
}

func (c *cloud) issue(tmpl *x509.Certificate, key any) []byte {
	tmpl.SerialNumber = big.NewInt(time.Now().UnixNano())
	der, err := x509.CreateCertificate(rand.Reader, tmpl, c.root, key, c.key)
	if err != nil {
		c.t.Error(err)
	}
	return der
}

func (c *cloud) host() string { return strings.TrimPrefix(c.server.URL, "https://") }

func (c *cloud) link() string {
	return wire.ClaimLink{Host: c.host(), Root: sha256.Sum256(c.root.Raw), Code: code}.String()
}

func (c *cloud) chain(agent domain.AgentID, raw []byte) [][]byte {
	csr, err := x509.ParseCertificateRequest(raw)
	if err != nil || csr.CheckSignature() != nil {
		c.t.Errorf("request: %v", err)
		return nil
	}
	return [][]byte{c.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: agent.String()}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore: c.start, NotAfter: c.start.Add(c.life),
	}, csr.PublicKey), c.root.Raw}
}

func (c *cloud) enroll(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var q wire.EnrollRequest
	raw, _ := io.ReadAll(r.Body)
	if err := wire.Unmarshal(raw, &q); err != nil {
		c.t.Error(err)
	}
	c.asked = append(c.asked, q.Code)
	if c.used || q.Code != code {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	c.used = true
	agent := domain.NewID[domain.AgentID](time.Now())
	c.agents = append(c.agents, agent)
	answer := wire.EnrollAnswer{
		Agent: agent, Site: domain.NewID[domain.SiteID](time.Now()), Chain: c.chain(agent, q.CSR), Roots: [][]byte{c.root.Raw}, Broker: "cloud.test:8883",
		Generation: 3, CommandKeys: [][]byte{make([]byte, 32)}, SiteName: "Harbour", ServerName: "cloud.test",
	}
	c.spoil(&answer)
	c.write(w, answer)
}

func (c *cloud) renew(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(r.TLS.PeerCertificates) == 0 {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	if n := len(r.TLS.PeerCertificates); n != 1 {
		c.t.Errorf("the agent brings %d certificates: its authority is known", n)
	}
	c.peers++
	var q wire.Renew
	raw, _ := io.ReadAll(r.Body)
	if err := wire.Unmarshal(raw, &q); err != nil {
		c.t.Error(err)
	}
	agent, err := domain.ParseID[domain.AgentID](r.TLS.PeerCertificates[0].Subject.CommonName)
	if err != nil {
		c.t.Error(err)
	}
	c.write(w, wire.RenewAnswer{Chain: c.chain(agent, q.CSR)})
}

func (c *cloud) write(w http.ResponseWriter, v any) {
	raw, err := wire.Marshal(v)
	if err != nil {
		c.t.Error(err)
	}
	_, _ = w.Write(raw)
}

func vault(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func stored(t *testing.T, s *store.Store) (enroll.Identity, bool) {
	t.Helper()
	id, ok, err := s.Identity(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return id, ok
}

// shows EDGE-01/R01 by agent/enroll/claim.go: "if err := c.cfg.Vault.Adopt(ctx, id); err != nil {" => "if err := error(nil); err != nil {"
func TestClaim_LinkGivesAnIdentity(t *testing.T) {
	c, s := newCloud(t), vault(t)
	claimer := enroll.NewClaimer(enroll.Config{Vault: s, Version: "test"})
	got, err := claimer.Claim(ctx, enroll.Request{Link: c.link()})
	if err != nil {
		t.Fatal(err)
	}
	id, ok := stored(t, s)
	if !ok || id.Agent != got.Agent || id.Agent != c.agents[0] || id.SiteName != "Harbour" || id.Generation != 3 || id.Host != c.host() {
		t.Fatalf("%+v", id)
	}
	if _, err := id.TLS("cloud.test", time.Now); err != nil {
		t.Error(err)
	}
	if _, err := id.OpenKey(); err != nil {
		t.Error(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", id, id, id); strings.Contains(text, "PRIVATE") {
		t.Error("the key can be printed")
	}
	if _, err := claimer.Claim(ctx, enroll.Request{Link: c.link()}); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("claimed twice: %v", err)
	}
}

// Whatever is wrong: clear words, and nothing is stored.
//
// shows EDGE-01/R01 by agent/enroll/claim.go: "return id, id.check(key, t.pin, c.cfg.Now())" => "return id, nil"
func TestClaim_RefusedStoresNothing(t *testing.T) {
	c := newCloud(t)
	other := newCloud(t)
	foreign := wire.ClaimLink{Host: c.host(), Root: sha256.Sum256(other.root.Raw), Code: code}.String()
	wrong := wire.ClaimLink{Host: c.host(), Root: sha256.Sum256(c.root.Raw), Code: "0000000000000"}.String()
	gone := wire.ClaimLink{Host: "127.0.0.1:1", Root: sha256.Sum256(c.root.Raw), Code: code}.String()
	for name, k := range map[string]struct {
		request enroll.Request
		spoil   func(*wire.EnrollAnswer)
		want    fault.Code
	}{
		"no link":           {enroll.Request{Link: "https://example.com"}, nil, fault.Invalid},
		"nothing":           {enroll.Request{}, nil, fault.Invalid},
		"short code":        {enroll.Request{Code: "123", Address: c.host()}, nil, fault.Invalid},
		"code without host": {enroll.Request{Code: code}, nil, fault.Invalid},
		"hostile host":      {enroll.Request{Code: code, Address: "a/b@c:1"}, nil, fault.Invalid},
		"public roots":      {enroll.Request{Code: code, Address: c.host()}, nil, fault.Unavailable},
		"another cloud":     {enroll.Request{Link: foreign}, nil, fault.Forbidden},
		"wrong code":        {enroll.Request{Link: wrong}, nil, fault.Forbidden},
		"nobody there":      {enroll.Request{Link: gone}, nil, fault.Unavailable},
		"no agent":          {enroll.Request{Link: c.link()}, func(a *wire.EnrollAnswer) { a.Agent = domain.AgentID{} }, fault.Unavailable},
		"another agent":     {enroll.Request{Link: c.link()}, func(a *wire.EnrollAnswer) { a.Agent = domain.AgentID{1} }, fault.Unavailable},
		"other roots":       {enroll.Request{Link: c.link()}, func(a *wire.EnrollAnswer) { a.Roots = [][]byte{other.root.Raw} }, fault.Unavailable},
		"no chain":          {enroll.Request{Link: c.link()}, func(a *wire.EnrollAnswer) { a.Chain = nil }, fault.Unavailable},
		"root as leaf":      {enroll.Request{Link: c.link()}, func(a *wire.EnrollAnswer) { a.Chain = a.Roots }, fault.Unavailable},
		"no broker":         {enroll.Request{Link: c.link()}, func(a *wire.EnrollAnswer) { a.Broker = "x" }, fault.Unavailable},
		"half a key":        {enroll.Request{Link: c.link()}, func(a *wire.EnrollAnswer) { a.CommandKeys[0] = a.CommandKeys[0][:9] }, fault.Unavailable},
		"no key":            {enroll.Request{Link: c.link()}, func(a *wire.EnrollAnswer) { a.CommandKeys = nil }, fault.Unavailable},
	} {
		s := vault(t)
		c.mu.Lock()
		c.used, c.spoil = false, func(a *wire.EnrollAnswer) {
			if k.spoil != nil {
				k.spoil(a)
			}
		}
		c.mu.Unlock()
		_, err := enroll.NewClaimer(enroll.Config{Vault: s, Version: "test"}).Claim(ctx, k.request)
		if fault.CodeOf(err) != k.want {
			t.Errorf("%s: %v, want %s", name, err, k.want)
			continue
		}
		if strings.Contains(err.Error(), code) {
			t.Errorf("%s: the code stands in the error: %v", name, err)
		}
		if _, ok := stored(t, s); ok {
			t.Errorf("%s: something was stored", name)
		}
	}
	if c.used = true; true { // used, expired and invented codes are one refusal
		_, err := enroll.NewClaimer(enroll.Config{Vault: vault(t), Version: "test"}).Claim(ctx, enroll.Request{Link: c.link()})
		if fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("used code: %v", err)
		}
	}
}

// The code leaves only after the cloud has proved to be the link's.
//
// shows EDGE-01 by agent/enroll/claim.go: "config.VerifyConnection = func(s tls.ConnectionState) error { return verifyPinned(s.PeerCertificates, t.pin, now()) }"
func TestClaim_CodeIsNotShownToAnother(t *testing.T) {
	c, other := newCloud(t), newCloud(t)
	link := wire.ClaimLink{Host: other.host(), Root: sha256.Sum256(c.root.Raw), Code: code}.String()
	if _, err := enroll.NewClaimer(enroll.Config{Vault: vault(t), Version: "test"}).Claim(ctx, enroll.Request{Link: link}); fault.CodeOf(err) != fault.Forbidden {
		t.Error(err)
	}
	if len(other.asked) != 0 {
		t.Errorf("another cloud was shown %v", other.asked)
	}
}

func TestClaim_TypedCodeWithRootFile(t *testing.T) {
	c, s := newCloud(t), vault(t)
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, enroll.RootPEM([][]byte{c.root.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	address := strings.Replace(c.host(), "127.0.0.1", "localhost", 1)
	if _, err := enroll.NewClaimer(enroll.Config{Vault: s, Version: "test"}).Claim(ctx, enroll.Request{Code: "abcde-1234-5678", Address: address, RootFile: file}); err != nil {
		t.Fatal(err)
	}
	if _, ok := stored(t, s); !ok {
		t.Error("nothing was stored")
	}
}

// session takes what the renewer sends.
type session struct{ sent chan wire.Renew }

func (*session) Conn() domain.ConnID { return domain.ConnID{1} }
func (*session) Reconnect(string)    {}
func (*session) CloudTime() (time.Time, time.Duration, bool) {
	return time.Time{}, 0, false
}

func (s *session) Send(_ wire.Kind, body any) error {
	s.sent <- body.(wire.Renew)
	return nil
}

// claimed makes a box whose certificate began long ago.
func claimed(t *testing.T, c *cloud, age time.Duration) *store.Store {
	t.Helper()
	s := vault(t)
	c.start = time.Now().Add(-age)
	then := func() time.Time { return c.start.Add(time.Minute) }
	if _, err := enroll.NewClaimer(enroll.Config{Vault: s, Version: "test", Now: then}).Claim(ctx, enroll.Request{Link: c.link()}); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start = time.Now().Add(-time.Minute)
	return s
}

func run(t *testing.T, r *enroll.Renewer) {
	t.Helper()
	life, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.Run(life) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func within(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(10 * time.Second):
		t.Fatal("never renewed")
	}
}

// From day 60 of 180 on the certificate is renewed over the link, with a new key.
func TestRenewer_OverTheLinkWithANewKey(t *testing.T) {
	c := newCloud(t)
	s := claimed(t, c, 61*24*time.Hour)
	before, _ := stored(t, s)
	done := make(chan struct{}, 1)
	r := enroll.NewRenewer(enroll.Config{Vault: s, Version: "test"}, func() { done <- struct{}{} })
	run(t, r)
	line := &session{sent: make(chan wire.Renew, 4)}
	r.Opened(line, wire.Welcome{})
	first := <-line.sent
	r.Opened(line, wire.Welcome{}) // the answer was lost with the line: the same key is asked for again
	again := <-line.sent
	if key(t, first.CSR) != key(t, again.CSR) {
		t.Error("every question has another key")
	}
	give := func(chain [][]byte) {
		raw, err := wire.Marshal(wire.Renewed{Chain: chain})
		if err != nil {
			t.Fatal(err)
		}
		r.Received(wire.Envelope{Kind: wire.KindRenewed, Body: raw})
	}
	stranger := c.chain(domain.AgentID{9}, first.CSR)
	give(stranger)
	give(c.chain(before.Agent, again.CSR))
	for id, _ := stored(t, s); id.Key.Equal(before.Key); id, _ = stored(t, s) {
		select {
		case <-done:
		case <-time.After(5 * time.Millisecond):
			give(c.chain(before.Agent, again.CSR))
		}
	}
	after, _ := stored(t, s)
	leaf, err := after.Leaf()
	if err != nil || time.Since(leaf.NotBefore) > time.Hour || leaf.Subject.CommonName != before.Agent.String() {
		t.Fatalf("%v %v", leaf, err)
	}
	if pending, err := s.PendingKey(ctx); err != nil || pending != nil {
		t.Error("the pending key stays")
	}
}

func key(t *testing.T, csr []byte) string {
	t.Helper()
	q, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKIXPublicKey(q.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// After an outage longer than the certificate the agent heals itself over HTTPS.
//
// shows BEY-22 by agent/enroll/identity.go: "Certificate: id.Chain[:1]" => "		Certificates: []tls.Certificate{{Certificate: id.Chain, PrivateKey: key}},"
func TestRenewer_ExpiredHealsItself(t *testing.T) {
	c := newCloud(t)
	s := claimed(t, c, 200*24*time.Hour)
	before, _ := stored(t, s)
	if !before.Expired(time.Now()) {
		t.Fatal("the test's certificate is not expired")
	}
	done := make(chan struct{}, 1)
	run(t, enroll.NewRenewer(enroll.Config{Vault: s, Version: "test"}, func() { done <- struct{}{} }))
	within(t, done)
	after, _ := stored(t, s)
	if after.Expired(time.Now()) || after.Agent != before.Agent || c.peers != 1 {
		t.Fatalf("%d requests", c.peers)
	}
}

// A fresh certificate is left alone.
func TestRenewer_FreshIsLeftAlone(t *testing.T) {
	c := newCloud(t)
	s := claimed(t, c, 59*24*time.Hour)
	r := enroll.NewRenewer(enroll.Config{Vault: s, Version: "test"}, nil)
	line := &session{sent: make(chan wire.Renew, 4)}
	if err := r.Look(ctx, line); err != nil || len(line.sent) != 0 {
		t.Fatalf("asked on day 59: %v", err)
	}
	r = enroll.NewRenewer(enroll.Config{Vault: s, Version: "test", Now: func() time.Time { return time.Now().Add(2 * 24 * time.Hour) }}, nil)
	if err := r.Look(ctx, line); err != nil || len(line.sent) != 1 {
		t.Fatalf("not asked on day 61: %v", err)
	}
}
