package neighbour

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestibule/shared/domain"
)

const table = `IP address       HW type     Flags       HW address            Mask     Device
10.77.0.11       0x1         0x2         0c:11:05:00:00:01     *        eth0
10.77.0.12       0x1         0x0         00:00:00:00:00:00     *        eth0
10.77.0.13       0x1         0x6         0c:11:05:00:00:03     *        eth0
10.77.0.14       0x1         0x2         0c:11:05:00:00:04     *        eth0
10.77.0.14       0x1         0x2         0c:11:05:00:00:ff     *        eth1
10.77.0.15       0x1         0x2         00:00:00:00:00:00     *        eth0
10.77.0.16       0x20        0x2         0c:11:05:00:00:06     *        ib0
10.77.0.17       0x1         0x0         0c:11:05:00:00:07     *        eth0
127.0.0.1        0x1         0x2         0c:11:05:00:00:08     *        lo
nonsense
10.77.0.18 0x1 0x2
`

func TestMAC_Table(t *testing.T) {
	path := filepath.Join(t.TempDir(), "arp")
	if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]domain.MAC{
		"10.77.0.11": "0C1105000001", "::ffff:10.77.0.11": "0C1105000001", "10.77.0.13": "0C1105000003", // permanent too
		"10.77.0.12": "", "10.77.0.14": "", "10.77.0.15": "", "10.77.0.16": "", "10.77.0.17": "", "10.77.0.18": "", "10.77.0.99": "",
		"127.0.0.1": "", "::1": "", "fe80::1": "", "0.0.0.0": "", "224.0.0.251": "",
	} {
		got, ok := Table{Path: path}.MAC(netip.MustParseAddr(addr))
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q %v, want %q", addr, got, ok, want)
		}
	}
	if _, ok := (Table{Path: path + ".gone"}).MAC(netip.MustParseAddr("10.77.0.11")); ok {
		t.Error("a table that is not there knows cards")
	}
	if _, ok := (Table{}).MAC(netip.MustParseAddr("203.0.113.77")); ok {
		t.Error("the kernel knows a card of the documentation network")
	}
}

func FuzzFind(f *testing.F) {
	f.Add(table, uint8(11))
	f.Fuzz(func(t *testing.T, text string, last uint8) {
		if mac, ok := find(strings.NewReader(text), netip.AddrFrom4([4]byte{10, 77, 0, last})); ok {
			if parsed, err := domain.ParseMAC(string(mac)); err != nil || parsed != mac {
				t.Fatalf("%q", mac)
			}
		}
	})
}
