package callback

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"vestibule/agent/crowd"
	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// root leads the path of every action URL; the secret of the device and the name of the event follow.
const root = "/c/"

// Bounds of what is looked at of a request.
const (
	maxEvent = 40
	maxQuery = 512
	maxLine  = 2048
)

// ServeHTTP takes one call. What is not from the device itself is not there.
func (c *Callbacks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	source := crowd.Source(r.RemoteAddr)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close")
	switch {
	case !c.calls.Takes(source, c.cfg.Now()):
		http.Error(w, "Too many requests.", http.StatusTooManyRequests)
		return
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "Only GET.", http.StatusMethodNotAllowed)
		return
	}
	given, event, ok := split(r.URL)
	if !ok || !c.called(r.Context(), source, given, event, r.URL.Query()) {
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// split reads the path of an action URL.
func split(u *url.URL) (given, event string, ok bool) {
	path, ok := strings.CutPrefix(u.Path, root)
	if !ok || len(u.RawQuery) > maxQuery {
		return "", "", false
	}
	given, event, ok = strings.Cut(path, "/")
	return given, event, ok && given != "" && event != "" && len(event) <= maxEvent
}

// called judges a call: the secret says whose it is, and the card that it is nobody else's.
func (c *Callbacks) called(ctx context.Context, source netip.Addr, given, event string, values url.Values) bool {
	view := c.cfg.View()
	dev, ok := c.bySecret(view, given)
	if !ok || !view.Serves(c.cfg.Agent, dev) {
		return false
	}
	teller := c.cfg.Tellers[dev.Driver]
	if teller == nil {
		return false
	}
	if card, itself := c.itself(dev, source); !itself {
		c.forged(ctx, dev, card, source)
		return false
	}
	told, ok := teller.Callback(event, values)
	if !ok {
		return false
	}
	c.real(ctx, dev)
	c.take(ctx, dev, told, domain.TrustDevice)
	return true
}

// itself tells whether a source is the card of a device. The loopback of a building on one machine has no cards.
func (c *Callbacks) itself(dev domain.Device, source netip.Addr) (card domain.MAC, itself bool) {
	if c.cfg.OneMachine && source.IsLoopback() {
		return dev.MAC, true
	}
	card, _ = c.cfg.Neighbours(source)
	return card, card == dev.MAC
}

// forged tells that somebody else has the secret of a device: once, until the device itself is heard again.
func (c *Callbacks) forged(ctx context.Context, dev domain.Device, card domain.MAC, source netip.Addr) {
	c.mu.Lock()
	known := c.strange[dev.ID]
	c.strange[dev.ID] = true
	c.mu.Unlock()
	if known {
		return
	}
	detail := "from " + source.String() + ", whose card is not known"
	if card != "" {
		detail = "from " + source.String() + ", MAC " + card.Colons()
	}
	c.cfg.Conditions.Raise(ctx, health.CallbackForged, health.About{Device: dev.ID}, detail)
	c.append(ctx, domain.EventSecurity, dev, domain.NoteBody{What: domain.NoteCallbackForged, DeviceID: dev.ID, Detail: detail})
}

func (c *Callbacks) real(ctx context.Context, dev domain.Device) {
	c.mu.Lock()
	was := c.strange[dev.ID]
	delete(c.strange, dev.ID)
	c.mu.Unlock()
	if was {
		c.cfg.Conditions.Clear(ctx, health.CallbackForged, health.About{Device: dev.ID})
	}
}

// readLines takes syslog until the socket is closed. One write to a closed port elsewhere may come back as an error: it ends nothing.
func (c *Callbacks) readLines(ctx context.Context) error {
	buf := make([]byte, maxLine)
	for {
		n, from, err := c.lines.ReadFromUDPAddrPort(buf)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			c.cfg.Logger.WarnContext(ctx, "syslog", logkey.Err, err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Second):
				continue
			}
		}
		c.line(ctx, from.Addr().Unmap(), buf[:n])
	}
}

// line judges one datagram: whose card it comes from says whose it is.
func (c *Callbacks) line(ctx context.Context, source netip.Addr, raw []byte) {
	if !c.lineRate.Takes(source, c.cfg.Now()) {
		return
	}
	text, ok := message(raw)
	if !ok {
		return
	}
	card, known := c.cfg.Neighbours(source)
	view := c.cfg.View()
	dev, ours := view.DeviceByMAC(card)
	if !known || !ours || !view.Serves(c.cfg.Agent, dev) || c.cfg.Tellers[dev.Driver] == nil {
		return
	}
	if told, ok := c.cfg.Tellers[dev.Driver].Line(text); ok {
		c.take(ctx, dev, told, domain.TrustSyslog)
	}
}
