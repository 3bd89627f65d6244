package sip

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"vestibule/shared/fault"
)

// Sockets are UDP and TCP on one port, open and not served yet.
type Sockets struct {
	udp *net.UDPConn
	tcp net.Listener
}

// Listen opens both on host:port, IPv4; with port 0 a few free ones are tried, because what is free for UDP may be taken for TCP. Fails with
// fault.Invalid for what is no address and fault.Unavailable for one that cannot be had.
func Listen(hostPort string) (*Sockets, error) {
	at, err := net.ResolveUDPAddr("udp4", hostPort)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The SIP address %q is none.", hostPort)
	}
	var last error
	for range 20 {
		udp, err := listenUDP(at)
		if err != nil {
			last = err
			break
		}
		tcp, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: at.IP, Port: udp.LocalAddr().(*net.UDPAddr).Port})
		if err == nil {
			return &Sockets{udp, tcp}, nil
		}
		_ = udp.Close()
		if last = err; at.Port != 0 {
			break
		}
	}
	return nil, fault.Wrap(last, fault.Unavailable, "The SIP address %s cannot be used.", at)
}

// ipMulticastAll is Linux' IP_MULTICAST_ALL: 0 keeps packets to groups, which others on this box joined, away from the registrar.
const ipMulticastAll = 49

// listenUDP shares the port with who listens for SIP PnP on its group; a second registrar is still refused, by its TCP socket.
func listenUDP(at *net.UDPAddr) (*net.UDPConn, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		if e := raw.Control(func(fd uintptr) {
			err = errors.Join(
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1),
				syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, ipMulticastAll, 0),
			)
		}); e != nil {
			return e
		}
		return err
	}}
	conn, err := config.ListenPacket(context.Background(), "udp4", at.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// Addr is where they are.
func (s *Sockets) Addr() netip.AddrPort { return addrPortOf(s.udp.LocalAddr().String()) }

// Close closes both, for those who never gave them to New.
func (s *Sockets) Close() {
	_ = s.udp.Close()
	_ = s.tcp.Close()
}
