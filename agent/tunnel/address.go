package tunnel

import (
	"net"
	"net/netip"
	"slices"
)

// Addresses gives the addresses of this box.
func Addresses() []netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Addr().Unmap())
		}
	}
	return out
}

// forbidden tells whether no tunnel may lead to an address, whatever the document says.
func (t *Tunnels) forbidden(at netip.AddrPort) bool {
	if slices.ContainsFunc(t.cfg.Ports(), func(own uint16) bool { return own == at.Port() && (t.cfg.OneMachine || t.own(at.Addr())) }) {
		return true
	}
	if t.cfg.OneMachine {
		return !at.Addr().IsLoopback()
	}
	a := at.Addr()
	return !a.Is4() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) || t.own(a)
}

// own tells whether an address is the box's. A box that does not know its own addresses owns all of them.
func (t *Tunnels) own(a netip.Addr) bool {
	mine := t.cfg.Own()
	return len(mine) == 0 || slices.Contains(mine, a)
}
