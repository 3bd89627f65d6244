package web

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"

	"vestibule/agent/device"
)

// errPin is what a device gets that shows another certificate than when it was adopted.
var errPin = errors.New("it shows another certificate than when it was adopted; if that is right, give its interface a new password here and there")

const securePort = 443

// transport opens connections. Makers' devices sign their own certificates: the one that answered when the device was adopted is the only one taken
// from then on.
func (c *Client) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: c.opts.Connect}
	return &http.Transport{
		Proxy: nil, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c.see(device.Pin{})
			return dialer.DialContext(ctx, network, address)
		},
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			secured := tls.Client(conn, &tls.Config{
				InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, //nolint:gosec // see VerifyConnection; old devices speak nothing newer
				VerifyConnection: func(state tls.ConnectionState) error { return c.verify(state, conn.RemoteAddr()) },
			})
			if err := secured.HandshakeContext(ctx); err != nil {
				return nil, errors.Join(err, conn.Close())
			}
			return secured, nil
		},
	}
}

// verify takes the certificate of the adoption, or any while the device has not been adopted.
func (c *Client) verify(state tls.ConnectionState, at net.Addr) error {
	if len(state.PeerCertificates) == 0 {
		return errPin
	}
	shown := device.Pin{Sum: sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo)}
	if ap, err := netip.ParseAddrPort(at.String()); err == nil {
		shown.Port = ap.Port()
	}
	c.mu.Lock()
	wanted := c.access.Pin
	c.mu.Unlock()
	if wanted.Port != 0 && shown.Sum != wanted.Sum {
		return errPin
	}
	c.see(shown)
	return nil
}

func (c *Client) see(shown device.Pin) {
	c.mu.Lock()
	c.seen = shown
	c.mu.Unlock()
}

// root is where the device is asked: by HTTPS when it was adopted so, when it sent us there, or when its port says so.
func (c *Client) root(to device.Access) string {
	switch {
	case c.secure != 0:
		return "https://" + netip.AddrPortFrom(to.Addr.Addr(), c.secure).String()
	case to.Addr.Port() == securePort:
		return "https://" + to.Addr.String()
	}
	return "http://" + to.Addr.String()
}

// upward tells whether an answer sends us to HTTPS at the same address, from plain HTTP. Nothing else is ever followed.
func (c *Client) upward(to device.Access, a Answer) (port uint16, yes bool) {
	if a.Status < 300 || a.Status > 399 || c.secure != 0 || to.Addr.Port() == securePort {
		return 0, false
	}
	at, err := url.Parse(a.Header.Get("Location"))
	if err != nil || at.Scheme != "https" || at.Hostname() != to.Addr.Addr().String() {
		return 0, false
	}
	if at.Port() == "" {
		return securePort, true
	}
	n, err := strconv.ParseUint(at.Port(), 10, 16)
	return uint16(n), err == nil && n != 0
}
