package command

import (
	"context"

	"vestibule/cloud/account"
	"vestibule/shared/capability"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// Care asks to restart or to reset a device. It returns as soon as the order is on its way, with no result: a device needs its time, and Read and
// the live stream tell what comes of it. A fault means that nothing was sent: NotFound, Offline (agent or device), Conflict (set up by hand, or
// the key was used otherwise).
func (s *Service) Care(ctx context.Context, site domain.SiteID, device domain.DeviceID, kind wire.CommandKind, by account.Caller, key string) (Outcome, error) {
	c, name, err := s.prepare(ctx, site, device, kind, by, key)
	if err != nil {
		return Outcome{}, err
	}
	if !c.ID.IsZero() {
		return c.outcome(), nil
	}
	return s.send(ctx, c, name)
}

// Reach asks the agent to make a way to a device's pages, and waits. The way has the command's id.
func (s *Service) Reach(ctx context.Context, site domain.SiteID, device domain.DeviceID, by account.Caller) (Outcome, domain.AgentID, string, error) {
	c, name, err := s.prepare(ctx, site, device, wire.CommandRemoteOpen, by, "")
	if err != nil {
		return Outcome{}, domain.AgentID{}, "", err
	}
	out, err := s.send(ctx, c, name)
	return out, c.Agent, name, err
}

// prepare makes a command about a device that is there; one with an id is the first of its key, and was sent before.
func (s *Service) prepare(ctx context.Context, site domain.SiteID, device domain.DeviceID, kind wire.CommandKind, by account.Caller, key string) (Command, string, error) {
	dev, agent, err := s.Store.Target(ctx, site, device)
	if err != nil {
		return Command{}, "", err
	}
	now, _ := s.Clock.Now()
	if first, ok, err := s.first(ctx, by, key, now); err != nil || ok {
		if err == nil && (first.Site != site || first.Device != device || first.Kind != kind) {
			err = fault.New(fault.Conflict, "This Idempotency-Key was used for something else.")
		}
		return first, dev.Name, err
	}
	if act, needs := actOf[kind]; needs && !capability.Can(string(dev.Driver), act) {
		return Command{}, "", fault.New(fault.Conflict, "This device is set up by hand: the agent cannot restart or reset it.")
	}
	conn, err := s.linked(ctx, agent)
	if err != nil {
		return Command{}, "", err
	}
	there, err := s.Store.DeviceOnline(ctx, device)
	if err == nil && !there {
		err = fault.New(fault.Offline, "The device is offline. Nothing was sent.")
	}
	return Command{Site: site, Agent: agent, Conn: conn, Kind: kind, Device: device, Account: by.Account, Actor: by.Name, Key: key}, dev.Name, err
}

// actOf is what a device must be able to do for an order.
var actOf = map[wire.CommandKind]capability.Act{wire.CommandReboot: capability.Reboot, wire.CommandReset: capability.Reset}

// linked gives the connection of an agent; Offline when there is none.
func (s *Service) linked(ctx context.Context, agent domain.AgentID) (domain.ConnID, error) {
	if agent.IsZero() {
		return domain.ConnID{}, fault.New(fault.Offline, "No agent serves this device.")
	}
	conn, online, err := s.Presence.Reachable(ctx, agent)
	if err == nil && !online {
		err = fault.New(fault.Offline, "The agent of this building is not online. Nothing was sent.")
	}
	return conn, err
}
