package discovery_test

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// browseFor asks once from a port of its own, as a simple asker does (RFC 6762 section 6.7), and gives every record that comes back.
func browseFor(t *testing.T, iface, name string) string {
	t.Helper()
	nic, err := net.InterfaceByName(iface)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.ListenMulticastUDP("udp4", nic, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	question := new(dns.Msg)
	question.SetQuestion(name, dns.TypePTR)
	question.RecursionDesired = false
	raw, err := question.Pack()
	if err != nil {
		t.Fatal(err)
	}
	asker := speakOn(t, nic)
	buffer := make([]byte, 9000)
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if _, err := asker.WriteTo(raw, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}); err != nil {
			t.Fatal(err)
		}
		_ = listener.SetReadDeadline(time.Now().Add(time.Second))
		n, _, err := listener.ReadFromUDP(buffer)
		if err != nil {
			continue
		}
		var m dns.Msg
		if m.Unpack(buffer[:n]) == nil && m.Response {
			if text := m.String(); len(m.Extra)+len(m.Answer) > 1 {
				return text
			}
		}
	}
	t.Fatalf("nobody answered for %s", name)
	return ""
}

// speakOn gives a socket with a port of its own whose multicast leaves by one interface: no route of the machine is asked for it.
func speakOn(t *testing.T, nic *net.Interface) net.PacketConn {
	t.Helper()
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = syscall.SetsockoptIPMreqn(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, &syscall.IPMreqn{Ifindex: int32(nic.Index)})
		})
		if err != nil {
			return err
		}
		return failed
	}}
	addresses, err := nic.Addrs()
	if err != nil || len(addresses) == 0 {
		t.Fatal(addresses, err)
	}
	own, _, err := net.ParseCIDR(addresses[0].String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := config.ListenPacket(context.Background(), "udp4", net.JoinHostPort(own.String(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
