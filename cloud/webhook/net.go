package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

// Net is the way out of the service. Every address is looked at twice: when the name was looked up, and by the kernel's own view of the
// connection that is about to be opened, so that a name that changes its mind in between leads nowhere.
type Net struct {
	// Lookup finds the addresses of a name; nil asks the system.
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	// Dial opens a connection to an address that was looked at; nil is the network with the second look. Tests lead to their own receiver.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Own tells whether the service itself listens at an address; nil means nowhere.
	Own func(netip.AddrPort) bool
	// Roots are the authorities of receivers' certificates; nil means the system's.
	Roots *x509.CertPool
	// Pause gives the pause after a number of tries; nil grows it from ten seconds to ten hours, a day in all.
	Pause func(tries int) time.Duration
}

// pauses are a day together.
var pauses = [Tries - 1]time.Duration{
	10 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
	6 * time.Hour, 10 * time.Hour,
}

// PauseAfter gives the pause after a number of tries.
func (n Net) PauseAfter(tries int) time.Duration {
	if n.Pause != nil {
		return n.Pause(tries)
	}
	return pauses[min(max(tries, 1), len(pauses))-1]
}

// Bounds of one try.
const (
	tryWithin    = 10 * time.Second
	lookupWithin = 5 * time.Second
	maxAnswer    = 64 << 10 // bytes that are read and thrown away
)

const refusedWords = "The address leads into a private network, where webhooks do not go."

var (
	errRefused = errors.New("the address is not public")
	errName    = errors.New("the name has no address")
)

// refused are ranges of IANA's special-purpose registries (RFC 6890 and its updates) and addresses by which clouds tell machines their
// secrets. Of IPv6 only 2000::/3 is public at all, which leaves out IPv4-mapped, NAT64, unique local, link-local and multicast addresses.
var refused = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
	"192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"168.63.129.16/32", // Azure's wire server
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)

var global = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// Public tells whether an address belongs to the internet: no private, loopback, link-local, shared, multicast, reserved or metadata address,
// in whatever form it is written.
func Public(addr netip.Addr) bool {
	if !addr.IsValid() || addr.Zone() != "" || addr.Is4In6() || addr.Is6() && !global.Contains(addr) {
		return false
	}
	for _, p := range refused {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

func (n Net) allowed(to netip.AddrPort) bool {
	return Public(to.Addr()) && (n.Own == nil || !n.Own(to))
}

// resolve gives the addresses of a webhook's name; one that is not public refuses the whole name.
func (n Net) resolve(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	addresses := []netip.Addr{}
	if addr, err := netip.ParseAddr(host); err == nil {
		addresses = append(addresses, addr)
	} else if addresses, err = n.lookup(ctx, host); err != nil || len(addresses) == 0 {
		return nil, errors.Join(errName, err)
	}
	out := make([]netip.AddrPort, 0, len(addresses))
	for _, addr := range addresses {
		if addr.Is4In6() && net.ParseIP(host) == nil {
			addr = addr.Unmap() // how resolvers write IPv4
		}
		to := netip.AddrPortFrom(addr, port)
		if !n.allowed(to) {
			return nil, errRefused
		}
		out = append(out, to)
	}
	return out, nil
}

func (n Net) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if n.Lookup != nil {
		return n.Lookup(ctx, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// check looks where an address leads now; words say why it is not taken.
func (n Net) check(ctx context.Context, u *url.URL) (words string) {
	_, err := n.resolve(ctx, u.Hostname(), portOf(u))
	switch {
	case errors.Is(err, errRefused):
		return refusedWords
	case err != nil:
		return "This name has no address."
	}
	return ""
}

func portOf(u *url.URL) uint16 {
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		return uint16(n)
	}
	return 443
}

// connect is the dialer of the client: it looks the name up, refuses what is not public and opens the first address that answers.
func (n Net) connect(ctx context.Context, network, address string) (net.Conn, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, err
	}
	targets, err := n.resolve(ctx, host, uint16(port))
	if err != nil {
		return nil, err
	}
	dial := n.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: tryWithin, Control: n.control}).DialContext
	}
	for _, to := range targets {
		var conn net.Conn
		if conn, err = dial(ctx, network, to.String()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// control is the second look: at the real address, after every resolver.
func (n Net) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !n.allowed(netip.AddrPortFrom(to.Addr().Unmap(), to.Port())) {
		return errRefused
	}
	return nil
}

// client makes the HTTP client: no proxy of the environment, no redirects, no connection kept, one deadline over everything.
func (n Net) client() *http.Client {
	return &http.Client{
		Timeout:       tryWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: n.connect, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: n.Roots},
		},
	}
}
