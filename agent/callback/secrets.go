package callback

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"net/netip"
	"strconv"

	"vestibule/agent/device"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// metaKey is where the key is kept that the secrets of devices come from.
const metaKey = "callback_key"

// loadKey reads the key, or makes it once. It never leaves the box.
func (c *Callbacks) loadKey(ctx context.Context) error {
	stored, err := c.cfg.Shelf.Meta(ctx, metaKey)
	if err != nil {
		return err
	}
	if copy(c.key[:], stored) == len(c.key) {
		return nil
	}
	if _, err := rand.Read(c.key[:]); err != nil {
		return err
	}
	return c.cfg.Shelf.SetMeta(ctx, metaKey, c.key[:])
}

func (c *Callbacks) keyed(purpose string, parts ...string) []byte {
	mac := hmac.New(sha256.New, c.key[:])
	for _, part := range append([]string{purpose}, parts...) {
		_, _ = mac.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return mac.Sum(nil)
}

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// secretOf is the secret of a device, 128 bits; another card in its place has another one.
func (c *Callbacks) secretOf(dev domain.Device) string {
	return letters.EncodeToString(c.keyed("callback", dev.ID.String(), string(dev.MAC))[:16])
}

// fingerprint names a card without telling its number.
func (c *Callbacks) fingerprint(card secret.String) string {
	return hex.EncodeToString(c.keyed("card", card.Reveal())[:4])
}

// Of gives where a device says what happens at it, as it reaches the agent at that address.
func (c *Callbacks) Of(dev domain.Device, agent netip.Addr) device.Callbacks {
	if c.cfg.Tellers[dev.Driver] == nil {
		return device.Callbacks{}
	}
	at := func(own netip.AddrPort) string {
		if own.Addr().IsUnspecified() {
			own = netip.AddrPortFrom(agent, own.Port())
		}
		return own.String()
	}
	out := device.Callbacks{URL: secret.New("http://" + at(c.Addr()) + root + c.secretOf(dev) + "/")}
	if c.lines != nil {
		out.Syslog = at(c.SyslogAddr())
	}
	return out
}

// secrets finds devices by what their secret hashes to, so that how long a look takes says nothing about a secret.
type secrets struct {
	of   *desired.View
	byID map[[32]byte]domain.DeviceID
}

// bySecret finds the device of a secret in a document.
func (c *Callbacks) bySecret(view *desired.View, given string) (domain.Device, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.index.of != view {
		c.index = secrets{view, make(map[[32]byte]domain.DeviceID, len(view.Devices))}
		for id, dev := range view.Devices {
			c.index.byID[sha256.Sum256([]byte(c.secretOf(dev)))] = id
		}
	}
	dev, ok := view.Devices[c.index.byID[sha256.Sum256([]byte(given))]]
	return dev, ok
}
