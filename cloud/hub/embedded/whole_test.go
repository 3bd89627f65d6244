package embedded_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/enroll"
	"vestibule/cloud/hub"
	"vestibule/cloud/hub/embedded"
	"vestibule/cloud/hub/hubtest"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// whole is a broker that asks the real enrolment who is there, and a router to the real jobs. watch hears of every message that reaches it.
func whole(t *testing.T, watch ...func(domain.AgentID)) (*linktest.Cloud, *site) {
	t.Helper()
	s := &site{}
	c := linktest.New(t, storetest.SQLite(t), linktest.Hooks{Enroll: func(e *enroll.Config) {
		e.AfterRevoke = func(_ context.Context, agent domain.AgentID) { s.Kick(agent) }
	}})
	config, err := c.Enroll.ServerTLS()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	handle := func(ctx context.Context, agent domain.AgentID, data []byte) {
		for _, f := range watch {
			f(agent)
		}
		c.Router.Handle(ctx, agent, data)
	}
	s.Hub, err = embedded.New(embedded.Config{Listener: listener, TLS: config, Admit: c.Enroll.Admit, Handle: handle, Logger: linktest.Logger()})
	if err != nil {
		t.Fatal(err)
	}
	c.Router.Connect(s.Hub, hub.Jobs{Presence: c.Presence, Desired: c.Desired, Events: c.Events, Commands: c.Commands, Certificates: c.Enroll, Signals: c.Signals})
	s.serve(t)
	root, err := x509.ParseCertificate(c.Enroll.Roots()[0])
	if err != nil {
		t.Fatal(err)
	}
	s.authority.cert = root
	return c, s
}

// claimed enrols an agent over HTTP and gives its certificate.
func claimed(t *testing.T, c *linktest.Cloud) (domain.AgentID, tls.Certificate) {
	t.Helper()
	claim, err := c.Enroll.NewClaim(c.Person(), c.Site, c.Caller.Account)
	if err != nil {
		t.Fatal(err)
	}
	key, err := wire.NewConfigKey()
	if err != nil {
		t.Fatal(err)
	}
	csr, private := c.CSR()
	body, err := wire.Marshal(wire.EnrollRequest{Code: claim.Code, CSR: csr, ConfigKey: key.PublicKey().Bytes(), Proto: wire.Proto})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	c.Enroll.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/enroll", bytes.NewReader(body)))
	var answer wire.EnrollAnswer
	if err := wire.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return answer.Agent, tls.Certificate{Certificate: answer.Chain, PrivateKey: private}
}

// From a claim code to a welcome over MQTT, and out again by revocation: real certificates, real broker, real jobs.
//
// shows EDGE-01 EDGE-02 by cloud/hub/route.go: "if err := r.answer(agent, conn, wire.KindWelcome, w, nil); err != nil {" => "if err := error(nil); err != nil {"
func TestHub_FromClaimToWelcomeToRevocation(t *testing.T) {
	c, s := whole(t)
	agent, cert := claimed(t, c)
	client, err := s.connectWith(t, agent, cert)
	if err != nil {
		t.Fatal(err)
	}
	conn := hubtest.Conn()
	if err := client.Subscribe(wire.DownTopic(agent, conn)); err != nil {
		t.Fatal(err)
	}
	hello, err := wire.Seal(wire.KindHello, conn, wire.Hello{AgentVersion: "1.0", MinProto: 1, Generation: 1, Counter: 1, Epoch: domain.EpochID{1}, MonoMilli: 77})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Publish(wire.UpTopic(agent, wire.KindHello), hello); err != nil {
		t.Fatal(err)
	}
	select {
	case data := <-client.Received():
		e, err := wire.Open(data)
		if err != nil || e.Kind != wire.KindWelcome || e.Conn != conn {
			t.Fatalf("%+v %v", e, err)
		}
		if w, err := wire.Body[wire.Welcome](e); err != nil || w.Refuse != "" || w.EchoMilli != 77 || w.Config != 1 {
			t.Errorf("%+v %v", w, err)
		}
	case <-time.After(hubtest.Patience):
		t.Fatal("no welcome")
	}
	if err := c.Enroll.Revoke(c.Person(), c.Site, agent); err != nil {
		t.Fatal(err)
	}
	select {
	case <-client.Closed():
	case <-time.After(hubtest.Patience):
		t.Fatal("a revoked agent stays connected")
	}
	if _, err := s.connectWith(t, agent, cert); err == nil {
		t.Fatal("a revoked agent connected")
	}
}
