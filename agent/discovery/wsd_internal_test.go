package discovery

import (
	"net/netip"
	"testing"
)

// FuzzMatches: whatever answers a probe, reading it ends, and an address that comes out is the sender's own.
func FuzzMatches(f *testing.F) {
	f.Add([]byte(`<E xmlns:d="x"><Body><d:ProbeMatches><d:ProbeMatch><d:Scopes>onvif://www.onvif.org/name/a%20b</d:Scopes><d:XAddrs>http://10.0.0.5:80/x https://10.0.0.5/</d:XAddrs></d:ProbeMatch></d:ProbeMatches></Body></E>`))
	f.Add([]byte("<a>"))
	from := netip.MustParseAddr("10.0.0.5")
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, m := range parseMatches(data) {
			if at, ok := m.address(from); ok && (at.Addr() != from || at.Port() == 0) {
				t.Fatalf("%v", at)
			}
			if len(m.scope("name")) > maxText {
				t.Fatal("too long")
			}
		}
	})
}
