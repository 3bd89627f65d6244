package enroll_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/enroll"
	"vestibule/cloud/seal"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// shows EDGE-01 by cloud/enroll/service.go: "at = leaf.NotAfter"
func TestRenew_AnExpiredCertificateHealsItself(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		a, cert := d.member(t)
		renew := func(cert *tls.Certificate) (int, []byte, *ecdsa.PrivateKey) {
			csr, key := d.CSR()
			body, err := wire.Marshal(wire.Renew{CSR: csr})
			if err != nil {
				t.Fatal(err)
			}
			status, raw := d.post(t, "/renew", body, cert)
			return status, raw, key
		}
		if status, _, _ := renew(nil); status != http.StatusUnauthorized {
			t.Errorf("without a certificate: %d", status)
		}
		d.Time.Move(enroll.AgentLifetime + 100*24*time.Hour)
		if _, err := d.Enroll.Admit(t.Context(), chain(t, cert)); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("an expired certificate is let in: %v", err)
		}
		status, raw, key := renew(cert)
		var answer wire.RenewAnswer
		if err := wire.Unmarshal(raw, &answer); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s", status, raw)
		}
		fresh := &tls.Certificate{Certificate: answer.Chain, PrivateKey: key}
		if agent, err := d.Enroll.Admit(t.Context(), chain(t, fresh)); err != nil || agent != a.Agent {
			t.Errorf("%s %v", agent, err)
		}
		if err := d.Enroll.Revoke(d.Person(), d.Site, a.Agent); err != nil {
			t.Fatal(err)
		}
		if status, _, _ := renew(fresh); status != http.StatusUnauthorized {
			t.Errorf("revoked: %d", status)
		}
		if status, _, _ := renew(cert); status != http.StatusUnauthorized {
			t.Errorf("revoked, the older certificate: %d", status)
		}
	})
}

func TestRenew_OverTheLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		b := d.NewBox(d.Site)
		b.Join()
		csr, _ := d.CSR()
		b.Send(wire.KindRenew, wire.Renew{CSR: csr})
		r := linktest.Expect[wire.Renewed](b, wire.KindRenewed)
		if r.Refuse != "" || len(r.Chain) != 2 {
			t.Fatalf("%+v", r)
		}
		if agent, err := d.Enroll.Admit(t.Context(), []*x509.Certificate{parse(t, r.Chain[0])}); err != nil || agent != b.ID {
			t.Errorf("%s %v", agent, err)
		}
		b.Send(wire.KindRenew, wire.Renew{CSR: []byte("rubbish")})
		if r := linktest.Expect[wire.Renewed](b, wire.KindRenewed); r.Refuse == "" || len(r.Chain) != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// shows EDGE-32 by cloud/enroll/service.go: "err == nil && (stored.Revoked || stored.Agent != agent)" => "err == nil && stored.Agent != agent"
func TestRevoke_IsRefusedAtOnceAndCut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		a, cert := d.member(t)
		if agent, err := d.Enroll.Admit(t.Context(), chain(t, cert)); err != nil || agent != a.Agent {
			t.Fatalf("%s %v", agent, err)
		}
		_, stranger := d.NewSite("Elsewhere")
		if err := d.Enroll.Revoke(account.With(t.Context(), stranger), d.Site, a.Agent); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger: %v", err)
		}
		if err := d.Enroll.Revoke(d.Person(), d.Site, a.Agent); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Enroll.Admit(t.Context(), chain(t, cert)); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("a revoked certificate is let in: %v", err)
		}
		if kicked := d.Lines.Kicked(); len(kicked) != 1 || kicked[0] != a.Agent {
			t.Errorf("kicked %v", kicked)
		}
		if err := d.Enroll.Revoke(d.Person(), d.Site, a.Agent); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("twice: %v", err)
		}
	})
}

// Certificates of other authorities, of our servers' authority, and ones that were never stored let nobody in.
func TestAdmit_RefusesForeignCertificates(t *testing.T) {
	d := newDesk(t, storetest.SQLite(t))
	config, err := d.Enroll.ServerTLS()
	if err != nil {
		t.Fatal(err)
	}
	server, err := config.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := newDesk(t, storetest.SQLite(t))
	_, foreign := elsewhere.member(t)
	for name, c := range map[string][]*x509.Certificate{
		"none": nil, "our server's": chain(t, server), "another service's": chain(t, foreign), "our root": {parse(t, d.Enroll.Roots()[0])},
	} {
		if agent, err := d.Enroll.Admit(t.Context(), c); fault.CodeOf(err) != fault.Unauthenticated || !agent.IsZero() {
			t.Errorf("%s: %s %v", name, agent, err)
		}
	}
}

// The servers' authority may sign for the names of the configuration alone; with others it is replaced below the same root.
func TestServerTLS_NamesAreConstrained(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		certificate := func(e *enroll.Service) []*x509.Certificate {
			t.Helper()
			config, err := e.ServerTLS()
			if err != nil {
				t.Fatal(err)
			}
			c, err := config.GetCertificate(&tls.ClientHelloInfo{})
			if err != nil {
				t.Fatal(err)
			}
			return chain(t, c)
		}
		first := certificate(d.Enroll)
		if m := first[1]; len(m.PermittedDNSDomains) != 1 || m.PermittedDNSDomains[0] != "agents.example.com" || len(m.PermittedIPRanges) != 1 {
			t.Errorf("%v %v", m.PermittedDNSDomains, m.PermittedIPRanges)
		}
		again := func(names ...string) *enroll.Service {
			t.Helper()
			e, err := enroll.New(t.Context(), enroll.Config{
				Store: s, Sealer: d.Key, AgentsHost: "agents.example.com:8443", BrokerHost: "agents.example.com:8883",
				Names: names, Now: d.Time.Wall, Logger: linktest.Logger(),
			})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		same := again("127.0.0.1")
		if !bytes.Equal(same.Roots()[0], d.Enroll.Roots()[0]) || !bytes.Equal(same.CommandKey(), d.Enroll.CommandKey()) {
			t.Error("a restart made other keys")
		}
		if c := certificate(same); !bytes.Equal(c[1].Raw, first[1].Raw) {
			t.Error("a restart made another authority")
		}
		other := again("127.0.0.1", "door.example.org")
		c := certificate(other)
		roots, middle := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(parse(t, d.Enroll.Roots()[0]))
		middle.AddCert(c[1])
		for _, name := range []string{"door.example.org", "agents.example.com", "127.0.0.1"} {
			if _, err := c[0].Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: middle, CurrentTime: d.Time.Wall()}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		// Less than 30 days left: another certificate, without a restart.
		d.Time.Move(70 * 24 * time.Hour)
		if later := certificate(other); bytes.Equal(later[0].Raw, c[0].Raw) || later[0].NotAfter.Before(d.Time.Wall().Add(80*24*time.Hour)) {
			t.Error("the certificate was not renewed")
		}
	})
}

// Private keys rest sealed: another master key opens nothing, and no key of ours stands in the database in the open.
func TestNew_KeysRestSealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		for _, name := range []string{"root", "agents", "servers", "command"} {
			k, err := s.ReadKey(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := x509.ParseECPrivateKey(k.Secret); err == nil || bytes.Contains(k.Secret, d.Enroll.CommandKey().Seed()) {
				t.Errorf("%s rests in the open", name)
			}
		}
		wrong := *d.Key.Raw()
		wrong[0] ^= 1
		cfg := enroll.Config{Store: s, Sealer: seal.New(wrong), Now: d.Time.Wall, Logger: linktest.Logger()}
		if _, err := enroll.New(t.Context(), cfg); err == nil {
			t.Error("another master key opened the authorities")
		}
	})
}
