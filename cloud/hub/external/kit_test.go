package external_test

import (
	"context"
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/enroll"
	"vestibule/cloud/hub"
	"vestibule/cloud/hub/external"
	"vestibule/cloud/hub/hubtest"
	"vestibule/cloud/store/storetest"
	"vestibule/deploy/broker"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// site is a real Mosquitto with the shipped rules, the real enrolment whose certificates it knows, and hubs on it.
type site struct {
	*linktest.Cloud
	broker *hubtest.Mosquitto
}

func newSite(t *testing.T) *site {
	t.Helper()
	c := linktest.New(t, storetest.SQLite(t), linktest.Hooks{Enroll: func(e *enroll.Config) { e.Names = append(e.Names, "127.0.0.1") }})
	files, err := c.Enroll.BrokerFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &site{Cloud: c, broker: hubtest.StartMosquitto(t, files)}
}

// replica runs a hub until the test ends or stop is called.
func (s *site) replica(t *testing.T, handle hub.Handler) (h *external.Hub, stop func()) {
	t.Helper()
	config, err := s.Enroll.BrokerTLS(t.Context(), "127.0.0.1", enroll.BrokerUser)
	if err != nil {
		t.Fatal(err)
	}
	h = external.New(external.Config{Address: s.broker.Cloud, TLS: config, Handle: handle, Logger: linktest.Logger()})
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
	return h, stop
}

// dial opens a client at a listener, with any certificate and by any name.
func (s *site) dial(t *testing.T, address, id string, cert tls.Certificate, agent domain.AgentID, will []byte) (*broker.Client, error) {
	t.Helper()
	return broker.DialTLS(t, address, s.Enroll.Roots()[0], id, cert, agent, will)
}

func (s *site) agent(t *testing.T, address string, agent domain.AgentID, will []byte) *broker.Client {
	t.Helper()
	c, err := s.dial(t, address, agent.String(), s.Certificate(agent), agent, will)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ready waits until a hub is on the broker: what agents say before goes nowhere.
func ready(t *testing.T, s *site, h *external.Hub, heard func() int) {
	t.Helper()
	probe := hubtest.Agent()
	c := s.agent(t, s.broker.Agents, probe, nil)
	eventually(t, "the hub hears", func() bool {
		_ = c.Publish(wire.UpTopic(probe, wire.KindBeat), []byte("probe"))
		return heard() > 0 && h.Publish(probe, hubtest.Conn(), []byte("x")) == nil
	})
	c.MQTT.Disconnect(100)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late, tick := time.After(hubtest.Patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("%s: not in time", what)
		case <-tick.C:
		}
	}
}
