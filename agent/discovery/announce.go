package discovery

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/grandcat/zeroconf"

	"vestibule/shared/domain"
)

// Self is what the agent says about itself.
type Self struct {
	Agent   domain.AgentID // zero before the claim
	Version string
	Page    uint16 // port of its own page
}

// agentService is the type the agent is announced as.
const agentService = "_vestibule-agent._tcp"

// short names an agent without its whole id; unclaimed boxes are told apart by a card's address.
func (s Self) short(links []link) string {
	if !s.Agent.IsZero() {
		return endOf(s.Agent)
	}
	for _, l := range links {
		if len(l.iface.HardwareAddr) == 6 {
			return strings.ReplaceAll(l.iface.HardwareAddr.String(), ":", "")
		}
	}
	return "unclaimed"
}

// endOf is the part of an agent's id that the LAN is told.
func endOf(a domain.AgentID) string {
	id := a.String()
	return id[len(id)-12:]
}

// announce says the agent's name on the links until the returned function is called, which takes it back.
func announce(self Self, links []link) (stop func(), err error) {
	var ifaces []net.Interface
	var ips []string
	for _, l := range links {
		ifaces = append(ifaces, l.iface)
		for _, p := range l.prefixes {
			ips = append(ips, p.Addr().String())
		}
	}
	name := "vestibule-" + self.short(links)
	text := []string{"agent=" + self.short(links), "version=" + self.Version, "port=" + strconv.Itoa(int(self.Page)), "claimed=" + strconv.FormatBool(!self.Agent.IsZero())}
	server, err := zeroconf.RegisterProxy(name, agentService, "local.", int(self.Page), name, ips, text, ifaces)
	if err != nil {
		return nil, err
	}
	readersRun := time.Now().Add(100 * time.Millisecond)
	return func() {
		<-time.After(time.Until(readersRun)) // the library counts its readers once they run: a Shutdown before that does not wait for them
		server.Shutdown()
	}, nil
}
