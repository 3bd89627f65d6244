package sim

import (
	"context"
	"fmt"

	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/rtpstream"
	"vestibule/shared/sim/sipua"
	"vestibule/shared/sim/webapi"
)

// State is a copy of a device at one moment.
type State struct {
	Name       string            `json:"name"`
	Kind       string            `json:"kind"` // "doorphone" or "monitor"
	MAC        string            `json:"mac"`
	Model      string            `json:"model"`
	Firmware   string            `json:"firmware"`
	HTTP       string            `json:"http"` // host:port
	SIP        string            `json:"sip"`  // host:port
	Registered bool              `json:"registered"`
	Accounts   []AccountState    `json:"accounts"` // the enabled ones
	Calls      []CallState       `json:"calls"`    // oldest first, at most the last 50
	Cancels    int               `json:"cancels"`  // incoming calls that were cancelled
	NativeDTMF bool              `json:"native_dtmf,omitempty"`
	Relays     *relaybank.Status `json:"relays,omitempty"`
	Quirks     Quirks            `json:"quirks"`
	Web        webapi.Counts     `json:"web"`
}

// AccountState is one SIP account of a device.
type AccountState struct {
	Number int    `json:"number"` // 1 or 2
	Server string `json:"server"`
	User   string `json:"user"`
	sipua.Registration
}

// CallState is a copy of a call with its sound and digits.
type CallState struct {
	sipua.Snapshot
	Media  rtpstream.Stats `json:"media"`
	Digits []Digit         `json:"digits"` // pressed by the other end
}

// Call is the newest call, or the zero one.
func (s State) Call() CallState {
	if len(s.Calls) == 0 {
		return CallState{}
	}
	return s.Calls[len(s.Calls)-1]
}

// InCall says whether a call is in progress.
func (s State) InCall() bool { return len(s.Calls) > 0 && s.Call().State != sipua.Ended }

// Answered says whether a call has the other end on the line.
func (s State) Answered() bool { return s.Call().State == sipua.Established }

// Ringing says whether a call rings, here or there.
func (s State) Ringing() bool { return s.Call().State == sipua.Ringing }

// Has tells when the other end's digits contain d.
func (c CallState) Has(d string) bool {
	for _, one := range c.Digits {
		if one.Digit == d {
			return true
		}
	}
	return false
}

// State is a copy of the device.
func (d *Device) State() State {
	s := State{
		Name: d.cfg.Name, Kind: d.kind, MAC: d.cfg.MAC, Model: d.cfg.Model,
		HTTP: d.web.Addr().String(), SIP: d.ua.Addr().String(), Quirks: d.web.Quirks(), Web: d.web.Counts(),
		Accounts: []AccountState{}, Calls: []CallState{},
	}
	if d.bank != nil {
		status := d.bank.Status()
		s.Relays = &status
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Cancels, s.NativeDTMF, s.Firmware = d.cancels, d.nativeDTMF, d.cfg.Firmware
	for i, r := range d.accounts {
		if r.account != (sipua.Account{}) {
			s.Accounts = append(s.Accounts, AccountState{i + 1, r.account.Server, r.account.User, r.state})
			s.Registered = s.Registered || r.state.Registered
		}
	}
	for _, one := range d.sessions {
		c := CallState{Snapshot: one.call.Snapshot(), Digits: append([]Digit{}, one.digits...)}
		if one.stream != nil {
			c.Media = one.stream.Stats()
		}
		s.Calls = append(s.Calls, c)
	}
	return s
}

// Wait returns once cond holds for the device, or with the context's error. Packets of sound alone wake nobody: use
// WaitMedia.
func (d *Device) Wait(ctx context.Context, cond func(State) bool) error {
	if err := d.point.Wait(ctx, func() bool { return cond(d.State()) }); err != nil {
		s := d.State()
		return fmt.Errorf("%s (registered %t, call %q): %w", d.cfg.Name, s.Registered, s.Call().State, err)
	}
	return nil
}

// WaitRegistered returns once an account is registered.
func (d *Device) WaitRegistered(ctx context.Context) error {
	return d.Wait(ctx, func(s State) bool { return s.Registered })
}

// WaitRinging returns once a call rings: an incoming one here, an outgoing one at the other end.
func (d *Device) WaitRinging(ctx context.Context) error { return d.Wait(ctx, State.Ringing) }

// WaitAnswered returns once the other end is on the line.
func (d *Device) WaitAnswered(ctx context.Context) error { return d.Wait(ctx, State.Answered) }

// WaitIdle returns once no call is in progress.
func (d *Device) WaitIdle(ctx context.Context) error {
	return d.Wait(ctx, func(s State) bool { return !s.InCall() })
}

// WaitDigit returns once the other end of the newest call has pressed the digit.
func (d *Device) WaitDigit(ctx context.Context, digit string) error {
	return d.Wait(ctx, func(s State) bool { return s.Call().Has(digit) })
}

// WaitMedia returns once the newest call has received that many packets of sound.
func (d *Device) WaitMedia(ctx context.Context, packets int) error {
	d.mu.Lock()
	var stream *rtpstream.Stream
	if s := d.current(); s != nil {
		stream = s.stream
	}
	d.mu.Unlock()
	if stream == nil {
		return errNoCall
	}
	return stream.Wait(ctx, func(st rtpstream.Stats) bool { return st.Received >= packets })
}

// WaitRelay returns once relay i (0 = A) is in that state.
func (d *Device) WaitRelay(ctx context.Context, i int, on bool) error {
	if d.bank == nil || i < 0 || i >= d.bank.Len() {
		return fmt.Errorf("%s has no relay %d", d.cfg.Name, i)
	}
	return d.bank.Wait(ctx, func(s relaybank.Status) bool { return s.Outputs[i] == on })
}
