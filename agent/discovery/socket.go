package discovery

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
)

var group = netip.MustParseAddrPort("224.0.0.251:5353")

// ipMulticastAll is Linux' IP_MULTICAST_ALL: 0 keeps packets of other interfaces away from this socket.
const ipMulticastAll = 49

// open gives a socket that hears and asks multicast DNS on one interface. It is bound to the group, so that it takes no unicast packet away from
// another program on port 5353, avahi included.
func open(l link) (net.PacketConn, error) {
	iface := l.iface
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	member := &syscall.IPMreqn{Multiaddr: group.Addr().As4(), Address: l.prefixes[0].Addr().As4(), Ifindex: int32(iface.Index)}
	err = errors.Join(
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1),
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1<<20),
		syscall.Bind(fd, &syscall.SockaddrInet4{Port: mdnsPort, Addr: group.Addr().As4()}),
		syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, ipMulticastAll, 0),
		syscall.SetsockoptIPMreqn(fd, syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, member),
		syscall.SetsockoptIPMreqn(fd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, member),
		syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_LOOP, 1),
		syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_TTL, 255),
	)
	file := os.NewFile(uintptr(fd), "mdns "+iface.Name)
	defer func() { _ = file.Close() }() // FilePacketConn keeps a copy
	if err != nil {
		return nil, fmt.Errorf("multicast on %s: %w", iface.Name, err)
	}
	return net.FilePacketConn(file)
}

// link is what counts of an interface: when it changes, sockets and announcement are made anew.
type link struct {
	iface    net.Interface
	prefixes []netip.Prefix
}

// look reads the named interfaces that are up and have an IPv4 address; those that are not there are left out.
func look(names []string) []link {
	var out []link
	for _, name := range names {
		iface, err := net.InterfaceByName(name)
		if err != nil || iface.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := iface.Addrs()
		if err != nil {
			continue
		}
		l := link{iface: *iface}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				l.prefixes = append(l.prefixes, p)
			}
		}
		if len(l.prefixes) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// same tells whether two looks saw the same.
func same(a, b []link) bool { return fmt.Sprint(facts(a)) == fmt.Sprint(facts(b)) }

func facts(links []link) []string {
	var out []string
	for _, l := range links {
		out = append(out, fmt.Sprint(l.iface.Index, l.iface.Name, l.iface.HardwareAddr, l.prefixes))
	}
	return out
}
