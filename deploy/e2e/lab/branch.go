package lab

import "fmt"

// Addresses of the second LAN: 10.79.0.0/24, with its agent on .1 and on .3 of the WAN.
const (
	BranchWAN  = "10.78.0.3"
	BranchLAN  = "10.79.0.1"
	branchHost = "branch"
)

// Branch is another LAN of the site, which reaches the rest of the world over the WAN alone.
type Branch struct {
	lab   *Lab
	Agent *Host
	next  int
}

// Branch makes the second LAN with its agent's host.
func (l *Lab) Branch() *Branch {
	l.t.Helper()
	l.bridge("lanb")
	b := &Branch{lab: l, Agent: l.host("lanb", branchHost, BranchLAN), next: 10}
	l.wire("3", "wan0", BranchWAN, branchHost)
	return b
}

// Host adds a host to the second LAN with the next free address.
func (b *Branch) Host(name string) *Host {
	b.next++
	return b.lab.host("lanb", name, fmt.Sprintf("10.79.0.%d", b.next))
}

// Apart lets the two agents reach the cloud and nothing of each other, as behind two routers that let nobody in.
func (l *Lab) Apart() {
	l.t.Helper()
	for _, port := range []string{"p2", "p3"} {
		l.must("ip", "-n", "wan", "link", "set", "dev", port, "type", "bridge_slave", "isolated", "on")
	}
}
