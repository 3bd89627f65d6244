package cloud

import (
	"context"
	"fmt"
	"net"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/command"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/fleet"
	"vestibule/cloud/hub"
	"vestibule/cloud/hub/embedded"
	"vestibule/cloud/hub/external"
	"vestibule/cloud/hub/nats"
	"vestibule/cloud/presence"
	"vestibule/cloud/seal"
	"vestibule/cloud/signal"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// link makes what agents talk to: enrolment, broker, router and the jobs behind it, and the fleet whose edits they receive.
func (c *Cloud) link(ctx context.Context, key *seal.Key) error {
	logger := c.cfg.Logger
	c.clock = presence.NewClock(c.store)
	if err := c.clock.Sample(ctx); err != nil {
		return fmt.Errorf("the database's time: %w", err)
	}
	var err error
	c.enroll, err = enroll.New(ctx, enroll.Config{
		Store: c.store, Sealer: key, Now: time.Now, Logger: logger,
		AgentsHost: reach(c.cfg.AgentsHost, c.ports.agents), BrokerHost: c.brokerHost(), Names: c.cfg.brokerNames(),
		OnEnrolled: c.enrolled, OnRevoked: c.revoked, AfterRevoke: c.distrust,
	})
	if err != nil {
		return fmt.Errorf("enrolment: %w", err)
	}
	c.router = hub.NewRouter(logger)
	if err := c.broker(ctx); err != nil {
		return err
	}
	c.hints(key)
	c.presence = presence.New(presence.Config{Store: c.store, Live: c.live, Clock: c.clock, OnChange: c.moved, Also: c.agentTold, OwnBroker: c.cfg.Broker == "", Logger: logger})
	var links desiredstate.Links
	if c.cfg.Broker != "" {
		links = c.store
	}
	c.desired = desiredstate.New(desiredstate.Config{
		Links: links, Store: c.store, Sender: c.hub, Sealer: key, Live: c.live, Clock: c.clock, Logger: logger,
		Trust: desired.Trust{CommandKeys: c.enroll.CommandKeys(), Roots: c.enroll.Roots()},
		Meter: c.metrics,
		Told: func(ctx context.Context, site domain.SiteID, reports []wire.DeviceReport) error {
			return c.fleet.AutoPTold(ctx, site, reports)
		},
	})
	c.commands = command.New(command.Config{
		Store: c.store, Presence: c.presence, Sender: c.hub, Live: c.live, Clock: c.clock, Key: c.enroll.CommandKey(), Meter: c.metrics, Ended: c.commandEnded, Logger: logger,
	})
	c.events = eventlog.New(eventlog.Config{
		Also: c.eventsTold, Keys: c.enroll, Store: c.store, Shelf: c.store, Commands: c.commands, Live: c.live, Clock: c.clock, Meter: c.metrics,
		KeepDays: c.cfg.KeepLogDays, Archive: c.archive(), AtOnce: hub.BulkyAtOnce(), Part: c.store.PatientRows(), Logger: logger,
	})
	c.fleet = fleet.New(fleet.Config{
		Store: c.store, Desired: c.desired, Residents: residents{c}, Gates: gates{c}, Zones: sites{c}, Agents: sites{c},
		LegacyOffices: c.cfg.LegacyOffices, Scenarios: c.cfg.Scenarios, PublicURL: c.publicURL, Later: c.jobs, Now: time.Now, Logger: logger,
	})
	if err := c.remote(); err != nil {
		return err
	}
	if err := c.signal(); err != nil {
		return err
	}
	c.router.Connect(c.hub, hub.Jobs{
		Presence: c.presence, Desired: c.desired, Events: c.events, Commands: c.commands, Certificates: c.enroll, Signals: c.signals,
	})
	return nil
}

// brokerHost is where agents reach MQTT.
func (c *Cloud) brokerHost() string {
	if c.cfg.Broker != "" {
		return c.cfg.BrokerHost
	}
	return reach(c.cfg.BrokerHost, c.ports.mqtt)
}

// broker makes the way to agents: a broker inside, or one elsewhere that several clouds share.
func (c *Cloud) broker(ctx context.Context) error {
	if kind, addresses, ok := c.cfg.broker(); ok && kind == brokerNATS {
		return c.brokerNATS(ctx, addresses)
	} else if ok {
		host, _, err := net.SplitHostPort(addresses[0])
		if err != nil {
			return fmt.Errorf("--broker: %w", err)
		}
		config, err := c.enroll.BrokerTLS(ctx, host, enroll.BrokerUser)
		if err != nil {
			return fmt.Errorf("certificate at the broker: %w", err)
		}
		c.hub = external.New(external.Config{Address: addresses[0], TLS: config, Handle: c.router.Handle, Logger: c.cfg.Logger})
		return nil
	}
	server, err := c.enroll.ServerTLS()
	if err != nil {
		return fmt.Errorf("broker's certificate: %w", err)
	}
	c.hub, err = embedded.New(embedded.Config{Listener: c.ports.mqtt, TLS: server, Admit: c.enroll.Admit, Handle: c.router.Handle, Logger: c.cfg.Logger})
	return err
}

// brokerNATS makes the way to agents over nodes of NATS, which ask us who may come in.
func (c *Cloud) brokerNATS(ctx context.Context, addresses []string) error {
	cfg := nats.Config{Addresses: addresses, Admit: c.enroll.Admit, Handle: c.router.Handle, Logger: c.cfg.Logger}
	var err error
	if cfg.TLS, err = c.enroll.BrokerTLS(ctx, "", enroll.BrokerUser); err == nil {
		cfg.Keeper, err = c.enroll.BrokerTLS(ctx, "", enroll.BrokerKeeper)
	}
	if err == nil {
		cfg.Issuer, err = c.enroll.BrokerIssuer(ctx)
	}
	if err != nil {
		return fmt.Errorf("certificate at the broker: %w", err)
	}
	c.hub, err = nats.New(cfg)
	return err
}

// signal makes what agents talk to each other over, and the TURN server.
func (c *Cloud) signal() error {
	if err := c.serveTurn(); err != nil {
		return err
	}
	cfg := signal.Config{Store: c.store, Presence: c.presence, Sender: c.hub, Now: time.Now, Logger: c.cfg.Logger}
	if c.turn != nil {
		cfg.Turn = c.turn
	}
	c.signals = signal.New(cfg)
	return nil
}

// enrolled lets a new agent act for the network groups that have nobody; it runs in the transaction that makes the agent.
func (c *Cloud) enrolled(ctx context.Context, site domain.SiteID, agent domain.AgentID) error {
	return c.fleet.AssignAgent(account.AsSystem(ctx, "enrolment"), site, agent)
}

// revoked ends an agent's link and takes it out of its groups, in the transaction that revokes it.
func (c *Cloud) revoked(ctx context.Context, site domain.SiteID, agent domain.AgentID) error {
	if err := c.presence.Revoke(ctx, agent); err != nil {
		return err
	}
	return c.fleet.DropAgent(ctx, site, agent)
}

// moved hears of an agent that came or went.
func (c *Cloud) moved(agent domain.AgentID, state presence.State, conn domain.ConnID) {
	if state == presence.Offline || state == presence.Refused {
		c.desired.Left(agent, conn)
	}
}
