package main

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestLoad_CountsWhatKeepsRinging rings the pair of monitors through a proxy that forgets to cancel every other call.
func TestLoad_CountsWhatKeepsRinging(t *testing.T) {
	h := &load{}
	var three [3]*phone
	for i := range three {
		p, err := newPhone("m", "")
		if err != nil {
			t.Fatal(err)
		}
		three[i] = p
	}
	h.lines = []*line{newLine(three[0], newMonitor(three[1], true), newMonitor(three[2], false), "101", &h.pending)}
	h.serve()
	defer h.close()
	rings, _, err := h.run(context.Background(), straight(), 200, 20, 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if n := served(rings); n != 20 {
		t.Errorf("%d of 20 calls straight to the monitor were served: %+v", n, rings[0])
	}
	second := way{"second", func(l *line) (netip.AddrPort, string) {
		at, _ := netip.ParseAddrPort(l.second.address())
		return at, "m"
	}}
	if rings, _, err = h.run(context.Background(), second, 200, 4, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if n := served(rings); n != 0 || rings[0].rang.IsZero() || rings[0].refused == "" {
		t.Errorf("a monitor that only rings served %d calls: %+v", n, rings[0])
	}
	cancel(t, h.lines[0], rings[:3])
	if n := h.left(context.Background()); n != 1 {
		t.Errorf("%d monitors are left ringing, expected 1", n)
	}
	if n := h.left(context.Background()); n != 0 {
		t.Errorf("%d monitors are left of a run that is counted, expected none", n)
	}
}

// cancel ends the ringing of calls and expects both answers of each.
func cancel(t *testing.T, l *line, rings []*ring) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	buf := make([]byte, 8192)
	for _, r := range rings {
		text := l.write(r, request{method: "CANCEL", branch: "INVITE", uri: r.uri, to: "<" + r.uri + ">", seq: 1})
		if _, err := conn.WriteToUDPAddrPort(text, r.server); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		for _, want := range []string{"200 1 CANCEL", "487 1 INVITE"} {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			m := readMessage(buf[:n])
			if got := m.first[8:11] + " " + m.get("CSeq"); got != want {
				t.Errorf("the monitor answers %q, expected %q", got, want)
			}
		}
	}
}

func TestMessage_ReadsWhatTheLoadNeeds(t *testing.T) {
	m := readMessage([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nvia: SIP/2.0/UDP b;branch=z9hG4bK2\r\nRecord-Route: <sip:p;lr>\r\n" +
		"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 7 INVITE\r\nContact: \"M\" <sip:m@h:1>;q=1\r\nContent-Length: 4\r\n\r\nTo: ")) //nolint:dupword // a body that looks like a header
	if m.status() != 200 || m.method() != "INVITE" || m.target() != "sip:m@h:1" || m.route() != "Route: <sip:p;lr>\r\n" {
		t.Errorf("read %d, %q, %q, %q", m.status(), m.method(), m.target(), m.route())
	}
	got := string(m.reply("180 Ringing", "t", "h:2", ""))
	for _, part := range []string{"SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nvia: SIP/2.0/UDP b", "To: <sip:c@d>;tag=t\r\n", "CSeq: 7 INVITE\r\n", "Content-Length: 0\r\n\r\n"} {
		if !strings.Contains(got, part) {
			t.Errorf("the answer has no %q:\n%s", part, got)
		}
	}
}

func TestReport_MarksWhatIsBeyondItsLimit(t *testing.T) {
	var out strings.Builder
	missing := report(&out, []string{sustainedRatio, leftAgent, freshAgent}, []figure{{sustainedRatio, 0.4, "×", ""}, {leftAgent, 0, "", ""}, {freshAgent, 51, "ms", ""}})
	if len(missing) != 0 || !strings.Contains(out.String(), "≥ 0.500 UNDER") || !strings.Contains(out.String(), "50 OVER") {
		t.Errorf("missing %v in\n%s", missing, &out)
	}
	if n := strings.Count(out.String(), "OVER"); n != 1 {
		t.Errorf("%d figures are over their limit, expected 1:\n%s", n, &out)
	}
}
