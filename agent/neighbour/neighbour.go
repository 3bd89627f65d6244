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
	file, err := t.open()
	if err != nil {
		return "", false
	}
	defer func() { _ = file.Close() }()
	return find(file, addr)
}

// All gives the card that answered last for each address, as MAC does for one.
func (t Table) All() map[netip.Addr]domain.MAC {
	out := map[netip.Addr]domain.MAC{}
	file, err := t.open()
	if err != nil {
		return out
	}
	defer func() { _ = file.Close() }()
	torn := map[netip.Addr]bool{}
	lines := bufio.NewScanner(io.LimitReader(file, maxTable))
	for lines.Scan() {
		addr, mac, ok := line(lines.Text())
		if !ok || addr.IsLoopback() {
			continue
		}
		if was, twice := out[addr]; twice && was != mac {
			torn[addr] = true
		}
		out[addr] = mac
	}
	for addr := range torn {
		delete(out, addr)
	}
	return out
}

func (t Table) open() (*os.File, error) {
	if t.Path == "" {
		return os.Open(Path)
	}
	return os.Open(t.Path)
}

// maxTable bounds what is read: the kernel's own limit is 1,024 entries of 80 characters.
const maxTable = 1 << 20

// find looks for the card of one address. Two cards on two interfaces that claim it prove nothing.
func find(table io.Reader, addr netip.Addr) (mac domain.MAC, ok bool) {
	lines := bufio.NewScanner(io.LimitReader(table, maxTable))
	for lines.Scan() {
		at, found, known := line(lines.Text())
		if !known || at != addr {
			continue
		}
		if ok && found != mac {
			return "", false
		}
		mac, ok = found, true
	}
	return mac, ok
}

// line reads "IP address  HW type  Flags  HW address  Mask  Device"; ok is false for a card that has not answered.
func line(text string) (at netip.Addr, mac domain.MAC, ok bool) {
	f := strings.Fields(text)
	if len(f) != 6 || f[1] != ethernet {
		return at, "", false
	}
	at, err := netip.ParseAddr(f[0])
	if err != nil {
		return at, "", false
	}
	flags, err := strconv.ParseUint(strings.TrimPrefix(f[2], "0x"), 16, 32)
	if err != nil || flags&complete == 0 {
		return at, "", false
	}
	mac, err = domain.ParseMAC(f[3])
	return at, mac, err == nil && mac != "FFFFFFFFFFFF"
}
