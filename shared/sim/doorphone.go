package sim

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/sipua"
)

// DoorPhone is a simulated door phone.
type DoorPhone struct{ *Device }

func newDoorPhone(cfg DoorPhoneConfig) (*DoorPhone, error) {
	d, err := newDevice(kindDoorPhone, cfg.DeviceConfig)
	if err != nil {
		return nil, err
	}
	d.nativeDTMF = cfg.NativeDTMF
	d.told.keys = cfg.Keys
	return &DoorPhone{d}, nil
}

// Press dials a number at the registrar, as a visitor does. It returns as soon as the INVITE has left; the call's
// progress is in State.
func (p *DoorPhone) Press(number string) error {
	account, ok := p.identity()
	if !ok {
		return fmt.Errorf("%s is not registered", p.Name())
	}
	if number == "" || strings.ContainsAny(number, " \t\r\n<>@;,\"") {
		return fmt.Errorf("number %q cannot be dialled", number)
	}
	_, err := p.place(sipua.Target{
		URI: account.Address(number), Account: &account,
		Display: p.Setting("Config.Account1.GENERAL.DisplayName"),
	})
	return err
}

// CallDirect calls an address without a registrar, as a device of the same network group does. user may be "".
func (p *DoorPhone) CallDirect(to netip.AddrPort, user string) error {
	_, err := p.place(sipua.Target{User: "door", Display: p.Name(), URI: sipua.URI{
		Scheme: "sip", User: user,
		Host: to.Addr().String(), Port: int(to.Port()),
	}})
	return err
}

// Hangup cancels the ringing call or ends the answered one, and returns when it is over.
func (d *Device) Hangup(ctx context.Context) error {
	s, err := d.open()
	if err != nil {
		return err
	}
	return s.call.Hangup(ctx)
}

// The ways to send a digit.
const (
	ByInfo     = "info"      // SIP INFO, application/dtmf-relay
	ByInfoDTMF = "info-dtmf" // SIP INFO, application/dtmf
	ByRFC4733  = "rfc4733"   // a telephone event in the sound
)

// SendDigit presses a key during a call. For INFO it returns when the other end has accepted it.
func (d *Device) SendDigit(ctx context.Context, digit, by string) error {
	s, err := d.open()
	if err != nil {
		return err
	}
	if len(digit) != 1 || !strings.Contains("0123456789*#ABCD", digit) {
		return fmt.Errorf("digit %q is unknown", digit)
	}
	switch by {
	case ByInfo:
		return s.call.Info(ctx, "application/dtmf-relay", []byte("Signal="+digit+"\r\nDuration=160\r\n"))
	case ByInfoDTMF:
		return s.call.Info(ctx, "application/dtmf", []byte(digit))
	case ByRFC4733:
		d.mu.Lock()
		stream := s.stream
		d.mu.Unlock()
		if stream == nil || s.call.State() != sipua.Established {
			return errors.New("the call is not answered")
		}
		return stream.Digit(ctx, digit)
	}
	return fmt.Errorf("digit by %q is unknown", by)
}

// SetNativeDTMF makes the door phone move its own relay at its own code, or ends that.
func (p *DoorPhone) SetNativeDTMF(on bool) {
	p.mu.Lock()
	p.nativeDTMF = on
	p.mu.Unlock()
	p.point.Notify()
}

// Relays are the two relays, A and B, with their history.
func (p *DoorPhone) Relays() relaybank.Status { return p.bank.Status() }

// WaitRelays returns once cond holds for the relays.
func (p *DoorPhone) WaitRelays(ctx context.Context, cond func(relaybank.Status) bool) error {
	return p.bank.Wait(ctx, cond)
}
