package api

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
)

type agentKey struct{}

// sender reads where a request came from. Behind a trusted proxy the address is the last of X-Forwarded-For that is not a trusted proxy's own:
// everything left of it could be invented.
func (a *API) sender(c huma.Context) netip.Addr {
	from := peer(c.RemoteAddr())
	if a.trusted(from) {
		// A proxy may add a line of its own below one that was invented: all lines are one list (RFC 9110, section 5.3).
		var lines []string
		c.EachHeader(func(name, value string) {
			if strings.EqualFold(name, "X-Forwarded-For") {
				lines = append(lines, value)
			}
		})
		hops := strings.Split(strings.Join(lines, ","), ",")
		for _, hop := range slices.Backward(hops) {
			addr, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				break
			}
			from = addr.Unmap()
			if !a.trusted(from) {
				break
			}
		}
	}
	return from
}

func (a *API) trusted(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return slices.ContainsFunc(a.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(from) })
}

// clientOf gives who knocks, for sessions and limits.
func clientOf(ctx context.Context, bearer bool) account.Client {
	from, _ := ctx.Value(peerKey{}).(netip.Addr)
	agent, _ := ctx.Value(agentKey{}).(string)
	return account.Client{From: from, Agent: agent, Bearer: bearer}
}

// peer is the address a connection came from.
func peer(remote string) netip.Addr {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr().Unmap()
	}
	host, _, _ := net.SplitHostPort(remote)
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap()
}
