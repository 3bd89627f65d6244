package akuvox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
)

// What an installer has to know of a device of an older dialect, to which the agent writes nothing.
var (
	errOld  = errors.New("its firmware speaks the old dialect of the E18C: give it its settings by its provisioning file, or switch its HTTP API on")
	errFCGI = errors.New("its firmware has no HTTP API but OpenDoor: give it its settings by its provisioning file")
	errPin  = errors.New("it has not been adopted yet: its login would be readable by whoever stands in its place")
)

// session is the login to the newer pages.
type session struct {
	pages bool // the device speaks /api/web
	token string
}

// throttle is how long a device refuses logins that come too soon.
const throttle = 3 * time.Second

// classify finds out what a device speaks that does not answer the documented question, by those that need no login (devices.md 1.1). said is the
// error of the documented question.
func (p *Phone) classify(ctx context.Context, said error) (device.Identity, error) {
	switch {
	case errors.Is(said, errClosed):
		if a, err := p.open(ctx, "/web/status/get?session=&web=1"); err == nil && a.Status == http.StatusOK && bytes.Contains(a.Body, []byte("ProductName")) {
			return device.Identity{}, &device.Error{Kind: device.Refused, Op: "identify", Err: errOld}
		}
		return device.Identity{}, said
	case !errors.Is(said, errAbsent) && !errors.Is(said, errPage):
		return device.Identity{}, said
	}
	a, err := p.open(ctx, "/api/web/system/info")
	if err != nil {
		return device.Identity{}, err
	}
	if who, err := identityOf(a); err == nil {
		return p.pages(ctx, who)
	}
	if a, err := p.open(ctx, "/fcgi/do?action=Encrypt"); err == nil && a.Status == http.StatusOK && nonce(a.Body) {
		return device.Identity{}, &device.Error{Kind: device.Refused, Op: "identify", Err: errFCGI}
	}
	return device.Identity{}, said
}

// nonce tells whether an answer is 32 hexadecimal digits.
func nonce(body []byte) bool {
	text := strings.TrimSpace(string(body))
	return len(text) == 32 && strings.Trim(text, "0123456789abcdefABCDEF") == ""
}

func (p *Phone) open(ctx context.Context, path string) (web.Answer, error) {
	return p.web.Do(ctx, web.Call{Op: "identify", Method: http.MethodGet, Path: path, Open: true})
}

func identityOf(a web.Answer) (device.Identity, error) {
	var data struct {
		Status struct {
			Model           string
			MAC             string
			FirmwareVersion string
		}
	}
	if err := read("identify", a, &data); err != nil {
		return device.Identity{}, err
	}
	mac, err := domain.ParseMAC(data.Status.MAC)
	if err != nil {
		return device.Identity{}, &device.Error{Kind: device.Garbled, Op: "identify", Err: err}
	}
	return device.Identity{MAC: mac, Model: device.Printable(data.Status.Model), Firmware: device.Printable(data.Status.FirmwareVersion)}, nil
}

// pages notes that the device speaks /api/web. It says who it is to everybody; a device that was adopted has to take the login too.
func (p *Phone) pages(ctx context.Context, who device.Identity) (device.Identity, error) {
	p.mu.Lock()
	p.session.pages = true
	adopted := p.access.Pin.Port != 0
	p.mu.Unlock()
	if !adopted {
		return who, nil
	}
	_, err := p.token(ctx)
	return who, err
}

// speaksPages tells whether the device was found to speak /api/web.
func (p *Phone) speaksPages() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session.pages
}

// token gives the login to the pages, made when there is none. The password goes behind a number of the device's and can be read from that: only
// the device that was adopted is told it, over the connection with its certificate.
func (p *Phone) token(ctx context.Context) (string, error) {
	p.mu.Lock()
	token, to := p.session.token, p.access
	p.mu.Unlock()
	if token != "" {
		return token, nil
	}
	if to.Pin.Port == 0 {
		return "", &device.Error{Kind: device.Unauthorised, Op: "log in", Err: errPin}
	}
	for attempt := range 2 {
		token, err := p.login(ctx, to)
		if device.KindOf(err) != device.Unauthorised || attempt == 1 {
			p.mu.Lock()
			p.session.token = token
			p.mu.Unlock()
			return token, err
		}
		select { // it may have been asked too soon
		case <-ctx.Done():
			return "", err
		case <-time.After(throttle):
		}
	}
	return "", nil
}

func (p *Phone) login(ctx context.Context, to device.Access) (string, error) {
	var first struct{ Encrypt string }
	if err := p.page(ctx, web.Call{Op: "log in", Path: "/api/web/login/set", JSON: order{Target: "login", Action: "set"}}, "", &first); err != nil {
		return "", err
	}
	var second struct{ Token string }
	body := order{Target: "login", Action: "login", Data: map[string]string{
		"userName": to.User, "password": base64.StdEncoding.EncodeToString([]byte(first.Encrypt + to.Password.Reveal())),
	}}
	if err := p.page(ctx, web.Call{Op: "log in", Path: "/api/web/login/login", JSON: body}, "", &second); err != nil {
		return "", err
	}
	if second.Token == "" || strings.ContainsAny(second.Token, ";, \r\n\"") {
		return "", &device.Error{Kind: device.Garbled, Op: "log in", Err: errors.New("the device gave no token")}
	}
	return second.Token, nil
}

// page asks what the pages ask.
func (p *Phone) page(ctx context.Context, k web.Call, token string, out any) error {
	k.Method, k.Open = http.MethodPost, true
	if token != "" {
		k.Header = []string{"Cookie", "token=" + token}
	}
	a, err := p.web.Do(ctx, k)
	if err != nil {
		return err
	}
	if a.Status == http.StatusUnauthorized {
		return &device.Error{Kind: device.Unauthorised, Op: k.Op, Err: errors.New("the device does not take the user or the password")}
	}
	return read(k.Op, a, out)
}

// config reads or writes settings, in whichever dialect the device speaks.
func (p *Phone) config(ctx context.Context, op, action string, data, out any) error {
	body := order{Target: "config", Action: action, Data: data}
	if !p.speaksPages() {
		return p.do(ctx, web.Call{Op: op, Method: http.MethodPost, Path: "/api/config/" + action, JSON: body}, out)
	}
	for attempt := 0; ; attempt++ {
		token, err := p.token(ctx)
		if err != nil {
			return err
		}
		err = p.page(ctx, web.Call{Op: op, Path: "/api/web/config/" + action, JSON: body}, token, out)
		if device.KindOf(err) != device.Unauthorised || attempt == 1 {
			return err
		}
		p.mu.Lock()
		p.session.token = "" // it ended: a restart, or somebody else logged in
		p.mu.Unlock()
	}
}

// openDoor triggers a relay of a device without the documented API. How long it is held is the setting that was written; it cannot be left on.
func (p *Phone) openDoor(ctx context.Context, relay int, hold time.Duration) error {
	if hold == 0 {
		return &device.Error{Kind: device.Refused, Op: "trigger relay", Err: errors.New("the relays of this firmware let go by themselves")}
	}
	door := strconv.Itoa(relay)
	if relay == domain.SecurityRelayNumber {
		door = "SA"
	}
	path := "/fcgi/OpenDoor?action=OpenDoor&DoorNum=" + door
	return p.do(ctx, web.Call{Op: "trigger relay", Method: http.MethodGet, Path: path, Urgent: true}, nil)
}

// plan renders what a device should hold. One whose relays are opened by OpenDoor is told to take that, from us alone.
func (p *Phone) plan(want device.Wanted) plan {
	out := render(want)
	p.mu.Lock()
	out.offered = maps.Clone(p.offered)
	p.mu.Unlock()
	if !p.speaksPages() || !slices.ContainsFunc(want.Device.Relays, func(r domain.Relay) bool { return r.Enabled && r.Board.IsZero() }) {
		return out
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	const group = "Config.DoorSetting.RELAY.RelayOnWeb"
	out.settings = append(out.settings,
		setting{keys: []string{group}, value: "1"}, setting{keys: []string{group + "User"}, value: p.access.User},
		setting{keys: []string{group + "Pwd"}, value: p.access.Password.Reveal(), secret: true})
	return out
}

// encode writes passwords in Base64, as the newer pages do.
func (p plan) encode(write map[string]string) {
	for _, s := range p.settings {
		for _, key := range s.keys {
			if value, has := write[key]; has && s.secret && !s.line {
				write[key] = base64.StdEncoding.EncodeToString([]byte(value))
			}
		}
	}
}
