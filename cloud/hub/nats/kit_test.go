package nats_test

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"testing"
	"time"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/enroll"
	"vestibule/cloud/hub"
	"vestibule/cloud/hub/hubtest"
	"vestibule/cloud/hub/nats"
	"vestibule/cloud/store/storetest"
	"vestibule/deploy/broker"
	"vestibule/shared/domain"
)

// site is real nodes with the shipped configuration, the real enrolment that they ask, and hubs on them.
type site struct {
	*linktest.Cloud
	nodes *hubtest.NATS
}

func newSite(t *testing.T, n int) *site {
	t.Helper()
	c := linktest.New(t, storetest.SQLite(t), linktest.Hooks{Enroll: func(e *enroll.Config) { e.Names = append(e.Names, "127.0.0.1") }})
	files, err := c.Enroll.BrokerFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	node, err := c.Enroll.BrokerNode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seed, err := c.Enroll.BrokerIssuer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conf, err := nats.IssuerFile(seed)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(files, node)
	files["issuer.conf"] = conf
	return &site{Cloud: c, nodes: hubtest.StartNATS(t, files, n)}
}

// replica runs a hub until the test ends or stop is called.
func (s *site) replica(t *testing.T, handle hub.Handler) (h *nats.Hub, stop func()) {
	t.Helper()
	cfg := nats.Config{Addresses: s.nodes.Clouds, Admit: s.Enroll.Admit, Handle: handle, Logger: linktest.Logger()}
	var err error
	if cfg.TLS, err = s.Enroll.BrokerTLS(t.Context(), "", enroll.BrokerUser); err != nil {
		t.Fatal(err)
	}
	if cfg.Keeper, err = s.Enroll.BrokerTLS(t.Context(), "", enroll.BrokerKeeper); err != nil {
		t.Fatal(err)
	}
	if cfg.Issuer, err = s.Enroll.BrokerIssuer(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h, err = nats.New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	stop = func() {
		end()
		select {
		case <-done:
		case <-time.After(hubtest.Patience):
			t.Error("the hub does not end")
		}
	}
	t.Cleanup(stop)
	eventually(t, "the hub is at its nodes", h.Serving)
	return h, stop
}

// dial opens a client at a listener, with any certificate and by any name.
func (s *site) dial(t *testing.T, address, id string, cert tls.Certificate, agent domain.AgentID, will []byte) (*broker.Client, error) {
	t.Helper()
	return broker.DialTLS(t, address, s.Enroll.Roots()[0], id, cert, agent, will)
}

// agent connects an agent at a node. A node that has only just come may have no word from a cloud yet: it is asked again, as agents do.
func (s *site) agent(t *testing.T, node int, agent domain.AgentID, will []byte) *broker.Client {
	t.Helper()
	pair := s.Certificate(agent)
	var c *broker.Client
	eventually(t, "an agent is let in", func() bool {
		var err error
		c, err = s.dial(t, s.nodes.Agents[node], agent.String(), pair, agent, will)
		return err == nil
	})
	return c
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late, tick := time.After(2*hubtest.Patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("%s: not in time", what)
		case <-tick.C:
		}
	}
}
