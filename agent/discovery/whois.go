package discovery

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"vestibule/shared/domain"
)

// answer is what a device said about itself without credentials; empty words for one that is there and says nothing.
type answer struct {
	mac             domain.MAC
	model, firmware string
}

// Bounds of a question.
const (
	whoisConnect = 3 * time.Second
	whoisAnswer  = 12 * time.Second // old devices need seconds for a handshake
	whoisBody    = 64 << 10
	maxWord      = 64
)

// whois asks devices who they are by the questions that need no login (devices.md 1.1). It sends no credentials and follows nothing but the way to
// the same address by HTTPS.
type whois struct{ http *http.Client }

func newWhois() *whois {
	return &whois{http: &http.Client{
		Timeout:       whoisAnswer,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10,
			DialContext:     (&net.Dialer{Timeout: whoisConnect}).DialContext,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}, //nolint:gosec // nothing is trusted and no secret is sent: these devices sign their own certificates
		},
	}}
}

// ask gives what the device at an address says; ok is false when it speaks no HTTP there.
func (w *whois) ask(ctx context.Context, at netip.Addr) (answer, bool) {
	got, ok := w.get(ctx, "http://"+at.String()+"/api/system/info")
	if !ok {
		return answer{}, false
	}
	if got.secure(at) {
		got, _ = w.get(ctx, "https://"+at.String()+"/api/web/system/info")
	}
	return got.answer, true
}

// reply is the answer to one question.
type reply struct {
	answer
	location string
}

// secure tells whether the device wants to be asked by HTTPS, at the same address.
func (r reply) secure(at netip.Addr) bool {
	to, err := url.Parse(r.location)
	return err == nil && to.Scheme == "https" && to.Hostname() == at.String()
}

func (w *whois) get(ctx context.Context, address string) (reply, bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return reply{}, false
	}
	res, err := w.http.Do(req)
	if err != nil {
		return reply{}, false
	}
	defer func() { _ = res.Body.Close() }()
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return reply{location: res.Header.Get("Location")}, true
	case res.StatusCode != http.StatusOK:
		return reply{}, true // it is there, and wants a login or tells nobody
	}
	return reply{answer: read(io.LimitReader(res.Body, whoisBody))}, true
}

// read takes the first JSON value of a body: some firmwares write more behind it.
func read(body io.Reader) answer {
	var said struct {
		Data struct {
			Status struct{ Model, MAC, FirmwareVersion string }
		} `json:"data"`
		Result struct{ Variant, MACAddr, SWVersion string } `json:"result"` // of 2N
	}
	if json.NewDecoder(body).Decode(&said) != nil {
		return answer{}
	}
	s, r := said.Data.Status, said.Result
	a := answer{model: word(cmp.Or(s.Model, r.Variant)), firmware: word(cmp.Or(s.FirmwareVersion, r.SWVersion))}
	a.mac, _ = domain.ParseMAC(cmp.Or(s.MAC, r.MACAddr))
	return a
}

// word keeps what can be printed of a stranger's text.
func word(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), maxWord)]
}
