package sipua

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Account is one registration of a device.
type Account struct {
	Server   string // host:port of the registrar
	Domain   string // host part of the address of record; "" = the server's host
	User     string
	AuthUser string // "" = User
	Password string
	Expires  int // seconds; 0 = 1800
}

// Registration is what came of the last attempt to register.
type Registration struct {
	Registered bool      `json:"registered"`
	Status     int       `json:"status"` // last status of the registrar, 0 = no answer
	Expires    int       `json:"expires"`
	At         time.Time `json:"at"`
	Attempts   int       `json:"attempts"`
}

func (a *Account) authUser() string {
	if a.AuthUser != "" {
		return a.AuthUser
	}
	return a.User
}

func (a *Account) aor() URI { return a.Address(a.User) }

// Address is the address of a user at the registrar.
func (a *Account) Address(user string) URI {
	u := URI{Scheme: "sip", User: user, Host: a.Domain}
	if u.Host == "" {
		host, port, err := net.SplitHostPort(a.Server)
		if err != nil {
			return u
		}
		u.Host = host
		if port != "5060" {
			u.Port, _ = strconv.Atoi(port)
		}
	}
	return u
}

// registration is the state of one account's REGISTER dialog.
type registration struct {
	ua      *UA
	account Account
	id, tag string
	seq     uint32
	state   Registration
}

// Register keeps account registered until ctx ends, refreshing at half the granted time and retrying with growing
// pauses. observe is told of every attempt. On the way out it takes its own contact back, if leave is true then.
func (ua *UA) Register(ctx context.Context, account Account, observe func(Registration), leave func() bool) {
	r := &registration{ua: ua, account: account, id: newTag() + "@" + ua.local.Addr().String(), tag: newTag()}
	if r.account.Expires <= 0 {
		r.account.Expires = 1800
	}
	pause := time.Second
	for {
		err := r.once(ctx, r.account.Expires)
		if ctx.Err() != nil {
			break
		}
		observe(r.state)
		wait := time.Duration(r.state.Expires) * time.Second / 2
		if err != nil {
			ua.log.Debug("sip registration failed", "user", account.User, "error", err)
			wait = pause
			pause = min(2*pause, 30*time.Second)
		} else {
			pause = time.Second
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
		case <-ua.done:
		}
		timer.Stop()
		if ctx.Err() != nil || ua.off() {
			break
		}
	}
	if leave() && r.state.Registered {
		bye, cancel := context.WithTimeout(context.Background(), 4*ua.t1)
		defer cancel()
		_ = r.once(bye, 0)
		r.state.Registered = false
	}
}

func (ua *UA) off() bool {
	select {
	case <-ua.done:
		return true
	default:
		return false
	}
}

// once registers, answering challenges, for the given seconds.
func (r *registration) once(ctx context.Context, expires int) error {
	r.state.Attempts++
	r.state.At = time.Now()
	dest, err := resolve(r.account.Server)
	if err != nil {
		r.state.Registered, r.state.Status = false, 0
		return err
	}
	var authorization Header
	var asked []string
	for range 6 {
		req := r.request(expires, authorization)
		resp, err := r.ua.roundTrip(ctx, req, dest)
		if err != nil {
			r.state.Registered, r.state.Status = false, 0
			return err
		}
		r.state.Status = resp.Status
		switch {
		case resp.Status < 300:
			r.state.Registered = true
			r.state.Expires = r.granted(resp, expires)
			return nil
		case resp.Status == 423: // RFC 3261 section 10.3: Interval Too Brief
			least, err := strconv.Atoi(resp.Get("Min-Expires"))
			if err != nil || least <= expires || least > 86400 {
				return errors.New("registrar asks for no sensible interval")
			}
			expires = least
			continue
		}
		next, nonce, err := r.account.answer(resp, "REGISTER", req.URI, nil)
		if err != nil || slices.Contains(asked, nonce) || len(asked) > 2 {
			r.state.Registered = false
			return fmt.Errorf("registrar says %d %s", resp.Status, resp.Reason)
		}
		asked = append(asked, nonce)
		authorization = next
	}
	return errors.New("registrar does not come to a result")
}

func (r *registration) request(expires int, authorization Header) *Message {
	r.seq++
	aor := r.account.aor()
	m := &Message{Method: "REGISTER", URI: URI{Scheme: "sip", Host: aor.Host, Port: aor.Port}.String()}
	m.Add("Max-Forwards", "70")
	m.Add("From", Address{URI: aor, Params: Params{{"tag", r.tag}}}.String())
	m.Add("To", Address{URI: aor}.String())
	m.Add("Call-ID", r.id)
	m.Add("CSeq", itoa(r.seq)+" REGISTER")
	m.Add("Contact", "<"+r.ua.contact(r.account.User).String()+">")
	m.Add("Expires", strconv.Itoa(expires))
	if r.ua.product != "" {
		m.Add("User-Agent", r.ua.product)
	}
	if authorization.Name != "" {
		m.Add(authorization.Name, authorization.Value)
	}
	return m
}

// granted is the time given to our own contact (RFC 3261 section 10.2.4).
func (r *registration) granted(resp *Message, asked int) int {
	own := r.ua.contact(r.account.User)
	for _, value := range resp.List("Contact") {
		a, err := ParseAddress(value)
		if err != nil || a.URI.User != own.User || a.URI.HostPort() != own.HostPort() {
			continue
		}
		if text, ok := a.Params.Get("expires"); ok {
			if n, err := strconv.Atoi(text); err == nil && n > 0 {
				return n
			}
		}
	}
	if n, err := strconv.Atoi(strings.TrimSpace(resp.Get("Expires"))); err == nil && n > 0 {
		return n
	}
	return asked
}
