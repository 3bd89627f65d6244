package sim

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"vestibule/shared/sim/rtpstream"
	"vestibule/shared/sim/sipua"
)

const keptCalls = 50

// limit is how long the device lets a call ring that comes (DialIn) or that it makes (DialOut).
func (d *Device) limit(way string) time.Duration {
	n, err := strconv.Atoi(d.settings.Get("Config.Settings.CALLTIMEOUT." + way))
	if err != nil || n < 1 {
		return time.Minute
	}
	return time.Duration(n) * time.Second
}

// Digit is a keypad digit that the other end pressed.
type Digit struct {
	At    time.Time `json:"at"`
	Digit string    `json:"digit"`
	By    string    `json:"by"` // "info" or "rfc4733"
}

// session is one call of the device with its sound.
type session struct {
	call   *sipua.Call
	stream *rtpstream.Stream // nil until there is sound
	stop   context.CancelFunc
	timers []*time.Timer
	digits []Digit
}

// line is the device as its SIP side sees it.
type line struct{ *Device }

var _ sipua.Handler = line{}

var errNoCall = errors.New("no call")

// current is the newest call, or nil; mu is held.
func (d *Device) current() *session {
	if len(d.sessions) == 0 {
		return nil
	}
	return d.sessions[len(d.sessions)-1]
}

// open is the call in progress, or an error.
func (d *Device) open() (*session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.current(); s != nil && s.call.State() != sipua.Ended {
		return s, nil
	}
	return nil, errNoCall
}

func (d *Device) find(c *sipua.Call) *session {
	for _, s := range d.sessions {
		if s.call == c {
			return s
		}
	}
	return nil
}

// add keeps a session; mu is held.
func (d *Device) add(s *session) {
	d.sessions = append(d.sessions, s)
	if len(d.sessions) > keptCalls {
		d.sessions = append([]*session(nil), d.sessions[1:]...)
	}
}

// sound opens a stream for a call and lets it run; mu is held.
func (d *Device) sound(onDigit func(string)) (*rtpstream.Stream, context.CancelFunc, error) {
	if d.closed {
		return nil, nil, sipua.ErrClosed
	}
	stream, err := rtpstream.Open(d.ip, onDigit, d.dark.Load)
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	d.wg.Go(func() { _ = stream.Run(ctx) })
	return stream, stop, nil
}

// place calls somebody. The device has one line.
func (d *Device) place(to sipua.Target) (*session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.current(); s != nil && s.call.State() != sipua.Ended {
		return nil, errors.New("the device is in a call")
	}
	if d.dark.Load() {
		return nil, sipua.ErrClosed
	}
	s := &session{}
	stream, stop, err := d.sound(func(digit string) { d.heard(s, digit, "rfc4733") })
	if err != nil {
		return nil, err
	}
	s.stream, s.stop = stream, stop
	if s.call, err = d.ua.Invite(to, rtpstream.Describe(stream.Addr())); err != nil {
		stop()
		return nil, err
	}
	d.add(s)
	d.told.tell("MakeCall", nil)
	s.timers = append(s.timers, time.AfterFunc(d.limit("DialOut"), func() { giveUp(s.call) }))
	return s, nil
}

// giveUp cancels a call that nobody answered.
func giveUp(c *sipua.Call) {
	if c.State() == sipua.Established {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = c.Hangup(ctx)
}

// Incoming rings, unless the device is busy or takes no calls from there.
func (d line) Incoming(c *sipua.Call) {
	if !d.fromRegistrar(c.Source()) {
		switch {
		case d.settings.Get("Config.Account1.CALL.PreventSIPHacking") == "1",
			d.settings.Get("Config.Account2.CALL.PreventSIPHacking") == "1":
			_ = c.Reject(488, "Not Acceptable Here")
			return
		case d.settings.Get("Config.Settings.GENERAL.DirectIP") == "0":
			_ = c.Reject(403, "Forbidden")
			return
		}
	}
	d.mu.Lock()
	if s := d.current(); s != nil && s.call.State() != sipua.Ended || d.closed {
		d.mu.Unlock()
		_ = c.Reject(486, "Busy Here")
		return
	}
	s := &session{call: c}
	d.add(s)
	after := d.answerAfter
	s.timers = append(s.timers, time.AfterFunc(d.limit("DialIn"), func() { _ = c.Reject(480, "Temporarily Unavailable") }))
	if after > 0 {
		s.timers = append(s.timers, time.AfterFunc(after, func() { _ = d.accept(s) }))
	}
	d.mu.Unlock()
	_ = c.Ring()
	if d.settings.Get("Config.Account1.AUTO_ANSWER.Enable") == "1" || d.settings.Get("Config.Account2.AUTO_ANSWER.Enable") == "1" {
		_ = d.accept(s)
	}
	d.point.Notify()
}

// accept answers a ringing call with sound.
func (d *Device) accept(s *session) error {
	d.mu.Lock()
	if s.stream != nil || s.call.Outgoing() {
		d.mu.Unlock()
		return errors.New("the call is answered already")
	}
	stream, stop, err := d.sound(func(digit string) { d.heard(s, digit, "rfc4733") })
	if err != nil {
		d.mu.Unlock()
		return err
	}
	s.stream, s.stop = stream, stop
	d.mu.Unlock()
	answer := rtpstream.Describe(stream.Addr())
	if offer := s.call.Offer(); len(offer) > 0 {
		var remote rtpstream.Remote
		if answer, remote, err = rtpstream.Answer(offer, stream.Addr()); err != nil {
			stop()
			return errors.Join(err, s.call.Reject(488, "Not Acceptable Here"))
		}
		stream.SetRemote(remote, true)
	}
	if err := s.call.Answer(answer); err != nil {
		stop()
		return err
	}
	return nil
}

// Changed follows a call; its end ends the sound.
func (d line) Changed(c *sipua.Call) {
	if c.State() == sipua.Ended {
		snapshot := c.Snapshot()
		d.told.tell("HangUp", nil)
		d.mu.Lock()
		kind := "Missed"
		if s := d.find(c); s != nil {
			if s.stop != nil {
				s.stop()
				kind = "Received"
			}
			for _, t := range s.timers {
				t.Stop()
			}
			s.timers = nil
		}
		if snapshot.Reason == "cancelled" && !snapshot.Outgoing {
			d.cancels++
		}
		d.mu.Unlock()
		if snapshot.Outgoing {
			kind = "Dialed"
		}
		d.journal.Call(snapshot.Peer, kind, d.settings.Get("Config.Account1.GENERAL.UserName"))
	}
	d.point.Notify()
}

// Described sends the sound where the other end wants it.
func (d line) Described(c *sipua.Call, description []byte) {
	if !c.Outgoing() && len(c.Offer()) > 0 {
		return // answered with the offer's own numbers already
	}
	remote, err := rtpstream.Read(description)
	d.mu.Lock()
	s := d.find(c)
	d.mu.Unlock()
	if err == nil && s != nil && s.stream != nil {
		s.stream.SetRemote(remote, false)
	}
	d.point.Notify()
}

// Offered takes a new offer inside a call.
func (d line) Offered(c *sipua.Call, offer []byte) []byte {
	d.mu.Lock()
	s := d.find(c)
	d.mu.Unlock()
	if s == nil || s.stream == nil {
		return nil
	}
	answer, remote, err := rtpstream.Answer(offer, s.stream.Addr())
	if err != nil {
		return nil
	}
	s.stream.SetRemote(remote, true)
	return answer
}

// Informed takes a digit that came by INFO.
func (d line) Informed(c *sipua.Call, contentType string, body []byte) int {
	digit := readInfo(contentType, string(body))
	d.mu.Lock()
	s := d.find(c)
	d.mu.Unlock()
	if digit == "" || s == nil {
		return 415
	}
	d.heard(s, digit, "info")
	return 200
}

// readInfo is the digit of an INFO body: "Signal=#" or the bare digit.
func readInfo(contentType, body string) string {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	value := ""
	switch strings.TrimSpace(kind) {
	case "application/dtmf-relay":
		for line := range strings.Lines(body) {
			if k, v, ok := strings.Cut(line, "="); ok && strings.EqualFold(strings.TrimSpace(k), "signal") {
				value = strings.TrimSpace(v)
			}
		}
	case "application/dtmf":
		value = strings.TrimSpace(body)
	}
	switch value { // some phones count on
	case "10":
		return "*"
	case "11":
		return "#"
	}
	if len(value) != 1 || !strings.Contains("0123456789*#ABCD", strings.ToUpper(value)) {
		return ""
	}
	return strings.ToUpper(value)
}

// heard notes a digit and, in a door phone that does so by itself, moves the relay whose code is complete.
func (d *Device) heard(s *session, digit, by string) {
	d.mu.Lock()
	if len(s.digits) < 200 {
		s.digits = append(s.digits, Digit{At: time.Now(), Digit: digit, By: by})
	}
	var typed strings.Builder
	for _, one := range s.digits {
		typed.WriteString(one.Digit)
	}
	native := d.nativeDTMF && d.bank != nil && s.call != nil && s.call.State() == sipua.Established
	d.mu.Unlock()
	if native {
		for i, key := range []string{"Config.DoorSetting.DTMF.Code1", "Config.DoorSetting.DTMF.Code2"} {
			if code := d.settings.Get(key); code != "" && strings.HasSuffix(typed.String(), code) {
				_ = d.bank.Pulse(i, d.web.Hold(i), "dtmf "+by)
			}
		}
	}
	d.point.Notify()
}
