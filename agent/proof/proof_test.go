package proof

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func FuzzProof(f *testing.F) {
	f.Add(`Digest username="1", realm="vestibule", nonce="n", uri="sip:x", response="r", qop=auth, nc=00000001, cnonce="c"`)
	f.Add(`Digest username=`)
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := Read(text)
		if ok && (p.User == "" || p.Nonce == "" || p.Count < 0) {
			t.Errorf("%+v", p)
		}
		if ok && p.Matches("REGISTER", "a password nobody guessed") {
			t.Errorf("%q proves a password", text)
		}
	})
}

func TestNonces_BoundMemoryAndExpiry(t *testing.T) {
	n := NewNonces(time.Minute)
	now, home := time.Unix(1000, 0), netip.MustParseAddr("10.0.0.9")
	nonce := n.Make(now, home)
	for _, c := range []struct {
		at   time.Time
		from string
		want bool
	}{{now, "10.0.0.9", true}, {now, "10.0.0.8", false}, {now.Add(2 * time.Minute), "10.0.0.9", false}, {now.Add(-time.Hour), "10.0.0.9", false}} {
		if got := n.Fresh(nonce, c.at, netip.MustParseAddr(c.from)); got != c.want {
			t.Errorf("%v from %s: %v", c.at, c.from, got)
		}
	}
	if !n.Once("legacy", 0, now) || n.Once("legacy", 0, now) || n.Once("legacy", 9, now) {
		t.Error("a nonce without a count is good once")
	}
	for i := range mostUsed + 100 {
		n.Once(nonce+string(rune('a'+i%26))+strings.Repeat("x", i/26), 1, now)
	}
	if len(n.used) > mostUsed {
		t.Errorf("%d nonces remembered", len(n.used))
	}
	if n.Fresh(nonce, now, home) {
		t.Error("counts were forgotten, so every challenge must have ended")
	}
}
