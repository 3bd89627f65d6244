package enroll_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/enroll"
	"vestibule/cloud/presence"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// desk is the agents' HTTPS listener at work.
type desk struct {
	*linktest.Cloud
	server *httptest.Server
}

func newDesk(t *testing.T, s *store.Store, hooks ...linktest.Hooks) *desk {
	t.Helper()
	d := &desk{Cloud: linktest.New(t, s, hooks...)}
	d.server = httptest.NewUnstartedServer(d.Enroll.Handler())
	config, err := d.Enroll.ServerTLS()
	if err != nil {
		t.Fatal(err)
	}
	d.server.TLS = config
	d.server.StartTLS()
	t.Cleanup(d.server.Close)
	return d
}

// post sends a body as an agent that believes in the root alone; cert may be nil.
func (d *desk) post(t *testing.T, path string, body []byte, cert *tls.Certificate) (int, []byte) {
	t.Helper()
	roots := x509.NewCertPool()
	root, err := x509.ParseCertificate(d.Enroll.Roots()[0])
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(root)
	config := &tls.Config{RootCAs: roots, ServerName: "agents.example.com", MinVersion: tls.VersionTLS13, Time: d.Time.Wall}
	config.VerifyConnection = func(state tls.ConnectionState) error {
		for _, presented := range state.PeerCertificates { // what the hash in a claim link is compared with
			if bytes.Equal(presented.Raw, root.Raw) {
				return nil
			}
		}
		return errors.New("the root is not presented")
	}
	if cert != nil {
		config.Certificates = []tls.Certificate{*cert}
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	answer, err := client.Post(d.server.URL+path, "application/cbor", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, raw
}

func (d *desk) request(t *testing.T, code string) (wire.EnrollRequest, *ecdsa.PrivateKey) {
	t.Helper()
	config, err := wire.NewConfigKey()
	if err != nil {
		t.Fatal(err)
	}
	csr, key := d.CSR()
	return wire.EnrollRequest{Code: code, CSR: csr, ConfigKey: config.PublicKey().Bytes(), Version: "1.0", Proto: wire.Proto}, key
}

func (d *desk) enroll(t *testing.T, r wire.EnrollRequest) (int, []byte) {
	t.Helper()
	body, err := wire.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return d.post(t, "/enroll", body, nil)
}

func (d *desk) claim(t *testing.T) enroll.Claim {
	t.Helper()
	c, err := d.Enroll.NewClaim(d.Person(), d.Site, d.Caller.Account)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// member enrols an agent whole.
func (d *desk) member(t *testing.T) (wire.EnrollAnswer, *tls.Certificate) {
	t.Helper()
	r, key := d.request(t, d.claim(t).Code)
	status, raw := d.enroll(t, r)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, raw)
	}
	var a wire.EnrollAnswer
	if err := wire.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a, &tls.Certificate{Certificate: a.Chain, PrivateKey: key}
}

func parse(t *testing.T, der []byte) *x509.Certificate {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func chain(t *testing.T, c *tls.Certificate) []*x509.Certificate {
	t.Helper()
	var out []*x509.Certificate
	for _, der := range c.Certificate {
		out = append(out, parse(t, der))
	}
	return out
}

func (d *desk) agents(t *testing.T) []presence.Agent {
	t.Helper()
	list, err := d.Presence.Of(d.Person(), d.Site)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// shows EDGE-01 by cloud/enroll/service.go: "if err := s.Store.InsertAgent(ctx, agent); err != nil {" => "if err := error(nil); err != nil {"
func TestEnroll_ACodeMakesAnAgent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var hooked domain.AgentID
		d := newDesk(t, s, linktest.Hooks{Enroll: func(c *enroll.Config) {
			c.OnEnrolled = func(ctx context.Context, _ domain.SiteID, agent domain.AgentID) error {
				if _, ok := account.System(ctx); !ok {
					t.Error("the hook acts for nobody")
				}
				hooked = agent
				return nil
			}
		}})
		claim := d.claim(t)
		link, err := wire.ParseClaimLink(claim.Link)
		if err != nil || link.Root != sha256.Sum256(d.Enroll.Roots()[0]) || link.Host != "agents.example.com:8443" || wire.ShowCode(link.Code) != claim.Code {
			t.Fatalf("%+v %v", link, err)
		}
		if !claim.ExpiresAt.Equal(d.Time.Wall().Add(15 * time.Minute)) {
			t.Errorf("expires at %s", claim.ExpiresAt)
		}
		r, _ := d.request(t, strings.ToLower(claim.Code)) // as a person types it
		status, raw := d.enroll(t, r)
		var a wire.EnrollAnswer
		if err := wire.Unmarshal(raw, &a); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s", status, raw)
		}
		if a.Site != d.Site || a.SiteName != "Harbour Lane" || a.Broker != "agents.example.com:8883" || a.ServerName != "agents.example.com" || a.Generation != 1 {
			t.Errorf("%+v", a)
		}
		if list := d.agents(t); len(list) != 1 || list[0].ID != a.Agent || list[0].Certificate == nil || hooked != a.Agent {
			t.Errorf("%+v, hook heard of %s", list, hooked)
		}
		leaf := parse(t, a.Chain[0])
		if leaf.Subject.CommonName != a.Agent.String() || leaf.NotAfter.Sub(d.Time.Wall()).Round(time.Hour) != enroll.AgentLifetime ||
			len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth || leaf.IsCA {
			t.Errorf("%+v", leaf.Subject)
		}
		// A second claim of the same site is another agent.
		if second, _ := d.member(t); second.Agent == a.Agent {
			t.Error("the same agent twice")
		}
	})
}

// Nothing in a request but its key counts.
func TestEnroll_EveryFieldIsOurs(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wish := &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "root", Organization: []string{"Evil"}}, DNSNames: []string{"agents.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtraExtensions: []pkix.Extension{{Id: []int{2, 5, 29, 19}, Critical: true, Value: []byte{0x30, 0x03, 0x01, 0x01, 0xff}}},
	}
	r, _ := d.request(t, d.claim(t).Code)
	if r.CSR, err = x509.CreateCertificateRequest(rand.Reader, wish, key); err != nil {
		t.Fatal(err)
	}
	status, raw := d.enroll(t, r)
	var a wire.EnrollAnswer
	if err := wire.Unmarshal(raw, &a); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, raw)
	}
	leaf := parse(t, a.Chain[0])
	if leaf.IsCA || leaf.Subject.CommonName != a.Agent.String() || len(leaf.Subject.Organization) != 0 || len(leaf.IPAddresses) != 0 ||
		len(leaf.DNSNames) != 1 || !strings.HasSuffix(leaf.DNSNames[0], ".agent.vestibule.invalid") {
		t.Errorf("%+v %v %v", leaf.Subject, leaf.DNSNames, leaf.IPAddresses)
	}
}

// Used, expired and invented codes: the same words after the same time, and nothing is stored.
//
// shows EDGE-01 by cloud/store/claims.go: "Where(\"code_hash = ? AND used_at IS NULL AND expires_at > ?\", hash[:], now.UnixMilli())." => "Where(\"code_hash = ? AND expires_at > ?\", hash[:], now.UnixMilli())."
func TestEnroll_RefusedCodesLookAlike(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		expired := d.claim(t).Code
		d.Time.Move(enroll.CodeLifetime)
		used := d.claim(t).Code
		r, _ := d.request(t, used)
		if status, raw := d.enroll(t, r); status != http.StatusOK {
			t.Fatalf("%d %s", status, raw)
		}
		var words string
		for name, code := range map[string]string{"used": used, "expired": expired, "invented": "00000-0000-0000", "impossible": "?", "empty": ""} {
			r, _ := d.request(t, code)
			start := time.Now()
			status, raw := d.enroll(t, r)
			took := time.Since(start)
			if status != http.StatusForbidden || took < 300*time.Millisecond {
				t.Errorf("%s: %d after %v", name, status, took)
			}
			if words == "" {
				words = string(raw)
			}
			if string(raw) != words {
				t.Errorf("%s: %s, others: %s", name, raw, words)
			}
		}
		if n := len(d.agents(t)); n != 1 {
			t.Errorf("%d agents", n)
		}
	})
}

// A code is used and its agent stored in one transaction: when that fails, the code is as good as before.
func TestEnroll_FailureLeavesTheCode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var broken error
		d := newDesk(t, s, linktest.Hooks{Enroll: func(c *enroll.Config) {
			c.OnEnrolled = func(context.Context, domain.SiteID, domain.AgentID) error { return broken }
		}})
		code := d.claim(t).Code
		broken = errors.New("planted-detail")
		r, _ := d.request(t, code)
		if status, raw := d.enroll(t, r); status != http.StatusInternalServerError || bytes.Contains(raw, []byte("planted-detail")) {
			t.Errorf("%d %s", status, raw)
		}
		if n := len(d.agents(t)); n != 0 {
			t.Errorf("%d agents", n)
		}
		broken = nil
		if status, raw := d.enroll(t, r); status != http.StatusOK {
			t.Errorf("%d %s", status, raw)
		}
	})
}

// Many boxes of one site at once, while it is edited: each becomes an agent, none waits for another for ever.
func TestEnroll_ManyAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s, linktest.Hooks{Enroll: func(c *enroll.Config) {
			c.OnEnrolled = func(ctx context.Context, site domain.SiteID, _ domain.AgentID) error { return s.LockSite(ctx, site) }
		}})
		var all sync.WaitGroup
		for range 8 {
			r, _ := d.request(t, d.claim(t).Code)
			all.Go(func() {
				if status, raw := d.enroll(t, r); status != http.StatusOK {
					t.Errorf("%d %s", status, raw)
				}
			})
		}
		all.Wait()
		names := map[string]bool{}
		for _, a := range d.agents(t) {
			names[a.Name] = true
		}
		if len(names) != 8 {
			t.Errorf("agents %v", names)
		}
	})
}

func TestEnroll_RefusesBadRequests(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	code := d.claim(t).Code
	good, _ := d.request(t, code)
	change := func(f func(*wire.EnrollRequest)) []byte {
		r := good
		f(&r)
		raw, err := wire.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaCSR, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body []byte
		want int
	}{
		"not CBOR":        {[]byte("{}"), http.StatusBadRequest},
		"too long":        {make([]byte, 17<<10), http.StatusTooManyRequests},
		"RSA":             {change(func(r *wire.EnrollRequest) { r.CSR = rsaCSR }), http.StatusBadRequest},
		"no request":      {change(func(r *wire.EnrollRequest) { r.CSR = nil }), http.StatusBadRequest},
		"forged":          {change(func(r *wire.EnrollRequest) { r.CSR = bytes.Clone(r.CSR); r.CSR[len(r.CSR)-1] ^= 1 }), http.StatusBadRequest},
		"short key":       {change(func(r *wire.EnrollRequest) { r.ConfigKey = r.ConfigKey[1:] }), http.StatusBadRequest},
		"from the future": {change(func(r *wire.EnrollRequest) { r.Proto = wire.Proto + 1 }), http.StatusBadRequest},
	} {
		if status, raw := d.post(t, "/enroll", c.body, nil); status != c.want {
			t.Errorf("%s: %d %s", name, status, raw)
		}
	}
	if status, raw := d.post(t, "/enroll", change(func(*wire.EnrollRequest) {}), nil); status != http.StatusOK {
		t.Errorf("the good one: %d %s", status, raw)
	}
}

func TestEnroll_TriesOfAnAddressAreLimited(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	limited := 0
	for range 30 {
		if status, _ := d.post(t, "/enroll", []byte("x"), nil); status == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited != 10 {
		t.Errorf("%d of 30 were limited", limited)
	}
	d.Time.Move(time.Minute)
	if status, _ := d.post(t, "/enroll", []byte("x"), nil); status != http.StatusBadRequest {
		t.Errorf("a minute later: %d", status)
	}
}

func TestNewClaim_IsForTheCallersSitesAndLimited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		_, stranger := d.NewSite("Elsewhere")
		if _, err := d.Enroll.NewClaim(account.With(t.Context(), stranger), d.Site, stranger.Account); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger: %v", err)
		}
		var err error
		for range 61 {
			_, err = d.Enroll.NewClaim(d.Person(), d.Site, d.Caller.Account)
		}
		if fault.CodeOf(err) != fault.Limit {
			t.Errorf("61 codes in an hour: %v", err)
		}
	})
}
