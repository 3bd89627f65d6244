package agent

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"

	"vestibule/agent/tunnel"
	"vestibule/shared/capability"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// acts carries out commands that are not about doors.
type acts struct{ *house }

// Act does what the command asks for.
func (a acts) Act(ctx context.Context, c wire.Command) (domain.ActResult, domain.Reason) {
	switch c.Kind {
	case wire.CommandReboot, wire.CommandReset:
		return a.keeper.Care(ctx, c.Kind, c.DeviceID)
	case wire.CommandRemoteOpen:
		return a.tunnels.Open(ctx, c.ID, c.DeviceID)
	}
	return domain.ActRefused, domain.ReasonUnknownKind
}

func (h *house) buildTunnels() {
	a := h.agent
	h.tunnels = tunnel.New(tunnel.Config{
		Address: h.pagesOf, Cloud: h.agentsListener, Own: tunnel.Addresses, OneMachine: a.cfg.OneMachine,
		Ports:  func() []uint16 { return []uint16{a.page.Addr().Port(), a.sipAddr.Port(), h.securePort()} },
		Logger: a.part("tunnel"),
	})
}

// pagesOf gives where a device's own pages are. One that we talk to must have shown its MAC there; one that is set up by hand stands where the
// document says, or where its announcements come from.
func (h *house) pagesOf(ctx context.Context, id domain.DeviceID) (netip.AddrPort, domain.Reason) {
	view := h.sync.Current()
	dev, ok := view.Devices[id]
	if !ok || !view.Serves(h.id.Agent, dev) {
		return netip.AddrPort{}, domain.ReasonUnknownDevice
	}
	at, ok := h.drivers.Address(dev)
	if !ok {
		return at, domain.ReasonNotFound
	}
	if !capability.Can(string(dev.Driver), capability.Identify) {
		return at, ""
	}
	if _, matches, err := h.drivers.Identify(ctx, id); err != nil {
		return at, domain.ReasonUnreachable
	} else if !matches {
		return at, domain.ReasonWrongDevice
	}
	return at, ""
}

// agentsListener gives where the cloud takes agents' HTTPS.
func (h *house) agentsListener(ctx context.Context) (string, *tls.Config, error) {
	id, _, err := h.agent.store.Identity(ctx)
	if err != nil {
		return "", nil, err
	}
	name, _, err := net.SplitHostPort(id.Host)
	if err != nil {
		return "", nil, err
	}
	config, err := id.TLS(name, h.agent.floor.Now)
	return id.Host, config, err
}

// securePort is where SIP over TLS is taken; 0 when it is not, or not yet.
func (h *house) securePort() uint16 {
	if h.sip == nil {
		return 0
	}
	return h.sip.SecureAddr().Port()
}
