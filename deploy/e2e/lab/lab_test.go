package lab

import (
	"context"
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if code, done := Enter(); done {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func TestLab_HostsHearEachOtherAndTheWANCanBeCut(t *testing.T) {
	l := New(t)
	panel := l.Host("panel")
	panel.SetMAC("0C1105000001")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	reach := func(h *Host, ip string) bool {
		return h.Command(ctx, "bash", "-c", "exec 3<>/dev/udp/"+ip+"/9 && echo x >&3 && ip neigh get "+ip+" dev "+devTo(ip)+" | grep -qE 'REACHABLE|STALE|DELAY|PROBE' || (sleep 1; ip neigh get "+ip+" dev "+devTo(ip)+" | grep -qE 'REACHABLE|STALE|DELAY|PROBE')").Run() == nil
	}
	if !reach(panel, AgentLAN) || !reach(l.Agent, CloudIP) {
		t.Fatal("the lab's hosts do not hear each other")
	}
	panel.Unplug()
	if err := panel.Command(ctx, "ip", "neigh", "flush", "all").Run(); err != nil {
		t.Fatal(err)
	}
	if reach(panel, AgentLAN) {
		t.Fatal("an unplugged host was reached")
	}
}

func devTo(ip string) string {
	if ip == CloudIP {
		return "wan0"
	}
	return "eth0"
}
