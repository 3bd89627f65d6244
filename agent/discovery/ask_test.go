package discovery_test

import (
	"net"
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
	asker, err := net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
	if err != nil {
		t.Skipf("no multicast route here: %v", err)
	}
	defer asker.Close()
	buffer := make([]byte, 9000)
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		_, _ = asker.Write(raw)
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
