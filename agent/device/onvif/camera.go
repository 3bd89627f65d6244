package onvif

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
)

var (
	_ device.Driver    = (*Camera)(nil)
	_ device.Viewer    = (*Camera)(nil)
	_ device.Certified = (*Camera)(nil)
)

// Camera is one device.
type Camera struct {
	web *web.Client

	mu     sync.Mutex
	access device.Access
	offset time.Duration // what the device's clock is ahead of ours
	timed  time.Time     // when that was asked; zero: never
}

// New makes a driver; Use says where the device is.
func New(opts web.Options) *Camera { return &Camera{web: web.New(opts)} }

// Use sets where and how the device is reached from now on.
func (c *Camera) Use(access device.Access) {
	c.mu.Lock()
	if access.Addr != c.access.Addr {
		c.timed = time.Time{}
	}
	c.access = access
	c.mu.Unlock()
	c.web.Use(access)
}

// Certificate is the one that the device answered with last.
func (c *Camera) Certificate() device.Pin { return c.web.Certificate() }

// Identify reads MAC, model and firmware.
func (c *Camera) Identify(ctx context.Context) (device.Identity, error) {
	if err := c.setClock(ctx); err != nil {
		return device.Identity{}, err
	}
	var who struct{ Model, FirmwareVersion string }
	if err := c.ask(ctx, question{op: "identify", path: devicePath, body: `<GetDeviceInformation xmlns="` + deviceNS + `"/>`}, &who); err != nil {
		c.mu.Lock()
		c.timed = time.Time{} // its clock may have been set since: a token of another time is refused
		c.mu.Unlock()
		return device.Identity{}, err
	}
	var cards struct {
		NetworkInterfaces []struct {
			Enabled bool
			Info    struct{ HwAddress string }
		}
	}
	if err := c.ask(ctx, question{op: "identify", path: devicePath, body: `<GetNetworkInterfaces xmlns="` + deviceNS + `"/>`}, &cards); err != nil {
		return device.Identity{}, err
	}
	for _, card := range cards.NetworkInterfaces {
		if mac, err := domain.ParseMAC(strings.TrimSpace(card.Info.HwAddress)); err == nil && (card.Enabled || len(cards.NetworkInterfaces) == 1) {
			return device.Identity{MAC: mac, Model: device.Printable(who.Model), Firmware: device.Printable(who.FirmwareVersion)}, nil
		}
	}
	return device.Identity{}, &device.Error{Kind: device.Garbled, Op: "identify", Err: errors.New("the device names no MAC")}
}

// clockEvery is how often a device's time is asked, so that tokens stay in its time.
const clockEvery = time.Hour

// setClock learns the device's time. The standard gives it to everybody; a device that does not is taken to have ours.
func (c *Camera) setClock(ctx context.Context) error {
	c.mu.Lock()
	known := !c.timed.IsZero() && time.Since(c.timed) < clockEvery
	c.mu.Unlock()
	if known {
		return nil
	}
	var said struct {
		SystemDateAndTime struct {
			UTCDateTime struct {
				Time struct{ Hour, Minute, Second int }
				Date struct{ Year, Month, Day int }
			}
		}
	}
	q := question{op: "read the time", path: devicePath, body: `<GetSystemDateAndTime xmlns="` + deviceNS + `"/>`, open: true}
	err := c.ask(ctx, q, &said)
	switch device.KindOf(err) {
	case "", device.Unauthorised, device.Refused:
	default:
		return err
	}
	day, at := said.SystemDateAndTime.UTCDateTime.Date, said.SystemDateAndTime.UTCDateTime.Time
	theirs := time.Date(day.Year, time.Month(day.Month), day.Day, at.Hour, at.Minute, at.Second, 0, time.UTC)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed, c.offset = time.Now(), 0; day.Year != 0 {
		c.offset = time.Until(theirs)
	}
	return nil
}

// Stream gives the RTSP address of the first profile, without user and password. It is always the device's own.
func (c *Camera) Stream(ctx context.Context) (string, error) {
	body := `<GetStreamUri xmlns="` + mediaNS + `"><StreamSetup><Stream xmlns="http://www.onvif.org/ver10/schema">RTP-Unicast</Stream>` +
		`<Transport xmlns="http://www.onvif.org/ver10/schema"><Protocol>RTSP</Protocol></Transport></StreamSetup><ProfileToken>`
	at, err := c.address(ctx, "read the stream's address", body, "</ProfileToken></GetStreamUri>")
	if err != nil {
		return "", err
	}
	if at.Scheme != "rtsp" && at.Scheme != "rtsps" {
		return "", &device.Error{Kind: device.Garbled, Op: "read the stream's address", Err: errors.New("it is no RTSP address")}
	}
	return at.String(), nil
}

// Snapshot fetches a picture of the first profile.
func (c *Camera) Snapshot(ctx context.Context) (device.Picture, error) {
	const op = "fetch a picture"
	at, err := c.address(ctx, op, `<GetSnapshotUri xmlns="`+mediaNS+`"><ProfileToken>`, "</ProfileToken></GetSnapshotUri>")
	if err != nil {
		return device.Picture{}, err
	}
	if at.Scheme != "http" && at.Scheme != "https" {
		return device.Picture{}, &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("it is no HTTP address")}
	}
	answer, err := c.web.Do(ctx, web.Call{Op: op, Method: http.MethodGet, Path: at.RequestURI(), Most: device.MaxPicture})
	if err != nil {
		return device.Picture{}, err
	}
	return device.PictureOf(op, answer.Status, answer.Body)
}

// address asks the media service for an address of the first profile. It names the device by whatever name it has for itself: what counts is behind
// that, and the rest is where we know it to be; user and password are dropped.
func (c *Camera) address(ctx context.Context, op, before, after string) (*url.URL, error) {
	path, profile, err := c.media(ctx)
	if err != nil {
		return nil, err
	}
	var said struct {
		MediaURI struct {
			URI string `xml:"Uri"`
		} `xml:"MediaUri"`
	}
	if err := c.ask(ctx, question{op: op, path: path, body: before + escaped(profile) + after}, &said); err != nil {
		return nil, err
	}
	at, err := url.Parse(strings.TrimSpace(said.MediaURI.URI))
	if err != nil || at.Host == "" {
		return nil, &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("it is no address")}
	}
	c.mu.Lock()
	own := c.access.Addr.Addr().String()
	c.mu.Unlock()
	if port := at.Port(); port != "" {
		own += ":" + port
	}
	at.Host, at.User = own, nil
	return at, nil
}

// media gives the path of the media service and the token of the first profile.
func (c *Camera) media(ctx context.Context) (path, profile string, err error) {
	if err := c.setClock(ctx); err != nil {
		return "", "", err
	}
	var can struct {
		Capabilities struct {
			Media struct{ XAddr string }
		}
	}
	const op = "read the profiles"
	q := question{op: op, path: devicePath, body: `<GetCapabilities xmlns="` + deviceNS + `"><Category>Media</Category></GetCapabilities>`}
	if err := c.ask(ctx, q, &can); err != nil {
		return "", "", err
	}
	at, err := url.Parse(strings.TrimSpace(can.Capabilities.Media.XAddr))
	if err != nil || at.Path == "" {
		return "", "", &device.Error{Kind: device.Refused, Op: op, Err: errors.New("the device has no media service")}
	}
	var list struct {
		Profiles []struct {
			Token string `xml:"token,attr"`
		}
	}
	if err := c.ask(ctx, question{op: op, path: at.RequestURI(), body: `<GetProfiles xmlns="` + mediaNS + `"/>`}, &list); err != nil {
		return "", "", err
	}
	if len(list.Profiles) == 0 {
		return "", "", &device.Error{Kind: device.Refused, Op: op, Err: errors.New("the device has no profile")}
	}
	return at.RequestURI(), list.Profiles[0].Token, nil
}
