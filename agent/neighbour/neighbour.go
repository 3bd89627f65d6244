package neighbour

import (
	"bufio"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"vestibule/shared/domain"
)

// Path is the kernel's IPv4 neighbour table of the process's network namespace (arp(7)).
const Path = "/proc/net/arp"

// Flags of a line of the table (linux/if_arp.h).
const (
	complete = 0x2 // the card has answered
	ethernet = "0x1"
)

// Table reads a neighbour table. The zero value reads Path.
type Table struct{ Path string }

// MAC gives the card that answered last for addr. Loopback, IPv6, unknown, incomplete and contradicting entries have none.
func (t Table) MAC(addr netip.Addr) (domain.MAC, bool) {
	addr = addr.Unmap()
	if !addr.Is4() || addr.IsLoopback() || addr.IsUnspecified() || addr.IsMulticast() {
		return "", false
	}
	path := t.Path
	if path == "" {
		path = Path
	}
	file, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer func() { _ = file.Close() }()
	return find(file, addr)
}

// maxTable bounds what is read: the kernel's own limit is 1,024 entries of 80 characters.
const maxTable = 1 << 20

// find reads "IP address  HW type  Flags  HW address  Mask  Device" lines. Two cards on two interfaces that claim one address prove nothing.
func find(table io.Reader, addr netip.Addr) (mac domain.MAC, ok bool) {
	lines := bufio.NewScanner(io.LimitReader(table, maxTable))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) != 6 || f[1] != ethernet {
			continue
		}
		at, err := netip.ParseAddr(f[0])
		if err != nil || at != addr {
			continue
		}
		flags, err := strconv.ParseUint(strings.TrimPrefix(f[2], "0x"), 16, 32)
		if err != nil || flags&complete == 0 {
			continue
		}
		found, err := domain.ParseMAC(f[3])
		if err != nil || found == "FFFFFFFFFFFF" {
			continue
		}
		if ok && found != mac {
			return "", false
		}
		mac, ok = found, true
	}
	return mac, ok
}
