package discovery

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestibule/shared/domain"
)

// Service is one announced service with every record read.
type Service struct {
	Instance  string // free text of the announcer
	Type      string // for example _intercom._tcp
	Host      string // for example gate.local
	Port      uint16
	Addrs     []netip.Addr // in rising order
	TXT       map[string]string
	Interface string
	Seen      time.Time // when the host was last heard
}

// Found is a device as its announcements describe it. Services of one MAC are one device.
type Found struct {
	MAC       domain.MAC // empty when nobody knows it
	Model     string
	Firmware  string
	Kind      string // what it says it is: the type of its text
	Service   string // type of the service that told most
	Instance  string
	Host      string
	Addr      netip.AddrPort // of its web interface
	SIP       netip.AddrPort // invalid when it did not say
	TXT       map[string]string
	Interface string
	Seen      time.Time
}

// serviceType is a row of the table of what is looked for.
type serviceType struct {
	name     string
	mac      string // key of the text that holds the MAC; empty: none
	model    string
	firmware string
	kind     string
	sip      string // key of the text that holds the SIP port
	isSIP    bool   // the service's own port is SIP
	isWeb    bool   // the service's own port is the web interface
}

// types are the services that are looked for, those that tell most first (devices.md 6.3 has the vendors).
var types = []serviceType{
	{name: "_intercom._tcp", mac: "mac", model: "model", firmware: "fw", kind: "type", sip: "sip", isWeb: true},
	{name: "_axis-video._tcp", mac: "macaddress", isWeb: true},
	{name: "_http._tcp", mac: "mac", model: "model", firmware: "fw", isWeb: true},
	{name: "_sip._udp", mac: "mac", model: "model", isSIP: true},
	{name: "_onvif._tcp", mac: "mac"},
	{name: "_rtsp._tcp", mac: "mac"},
	{name: agentService}, // no device: see apart
}

func rankOf(name string) int {
	return slices.IndexFunc(types, func(t serviceType) bool { return t.name == name })
}

// apart takes the agents out of what is announced, by the end of their ids.
func apart(services []Service) (devices []Service, agents map[string]bool) {
	agents = map[string]bool{}
	devices = slices.DeleteFunc(services, func(s Service) bool {
		if s.Type == agentService {
			agents[s.TXT["agent"]] = true
		}
		return s.Type == agentService
	})
	return devices, agents
}

// found reads one service. ok is false when it has no address to speak of.
func found(s Service, neighbours func(netip.Addr) (domain.MAC, bool)) (Found, bool) {
	rank := rankOf(s.Type)
	if rank < 0 || len(s.Addrs) == 0 || s.Port == 0 {
		return Found{}, false
	}
	t := types[rank]
	f := Found{
		Model: s.TXT[t.model], Firmware: s.TXT[t.firmware], Kind: s.TXT[t.kind], Service: s.Type, Instance: s.Instance, Host: s.Host,
		TXT: s.TXT, Interface: s.Interface, Seen: s.Seen,
	}
	if mac, err := domain.ParseMAC(s.TXT[t.mac]); err == nil && t.mac != "" {
		f.MAC = mac
	} else if mac, ok := neighbours(s.Addrs[0]); ok {
		f.MAC = mac
	}
	at := netip.AddrPortFrom(s.Addrs[0], s.Port)
	if t.isWeb {
		f.Addr = at
	}
	if t.isSIP {
		f.SIP = at
	}
	if port, err := strconv.ParseUint(s.TXT[t.sip], 10, 16); err == nil && t.sip != "" && port != 0 {
		f.SIP = netip.AddrPortFrom(s.Addrs[0], uint16(port))
	}
	return f, true
}

// merge turns services into devices: one for each MAC, and one for each service whose MAC nobody knows. Of two that claim one MAC the more
// telling service counts, then the one heard last.
func merge(services []Service, neighbours func(netip.Addr) (domain.MAC, bool)) []Found {
	slices.SortFunc(services, func(a, b Service) int {
		return cmp.Or(cmp.Compare(rankOf(a.Type), rankOf(b.Type)), b.Seen.Compare(a.Seen), strings.Compare(a.Instance, b.Instance), strings.Compare(a.Interface, b.Interface))
	})
	var out []Found
	at := map[domain.MAC]int{}
	for _, s := range services {
		f, ok := found(s, neighbours)
		if !ok {
			continue
		}
		i, known := at[f.MAC]
		if f.MAC == "" || !known {
			at[f.MAC] = len(out)
			out = append(out, f)
			continue
		}
		out[i].add(f)
	}
	return out
}

// add fills what the first service did not tell, from another service of the same device at the same address.
func (f *Found) add(other Found) {
	if other.Seen.After(f.Seen) {
		f.Seen = other.Seen
	}
	same := !f.Addr.IsValid() || !other.SIP.IsValid() || f.Addr.Addr() == other.SIP.Addr()
	if !f.SIP.IsValid() && same {
		f.SIP = other.SIP
	}
	if !f.Addr.IsValid() {
		f.Addr = other.Addr
	}
	f.Model = cmp.Or(f.Model, other.Model)
	f.Firmware = cmp.Or(f.Firmware, other.Firmware)
}
