package twon

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
	"vestibule/shared/capability"
	"vestibule/shared/domain"
)

// account is one of the telephone's accounts. The device shows all but the password.
type account struct {
	Account             int    `json:"account"`
	Enabled             bool   `json:"enabled"`
	DisplayName         string `json:"displayName"`
	SIPNumber           string `json:"sipNumber"`
	Domain              string `json:"domain"`
	DomainPort          string `json:"domainPort"`
	AuthID              string `json:"authId"`
	RegistrationEnabled bool   `json:"registrationEnabled"`
	RegistrarAddress    string `json:"registrarAddress"`
	RegistrarPort       string `json:"registrarPort"`
	Password            string `json:"password,omitempty"`
}

// own is the account that the agent uses; the second one stays the installer's.
const own = 1

// accountOf is what the account should be, without the password.
func accountOf(w device.Wanted) account {
	host, port := w.Registrar.Addr().String(), strconv.Itoa(int(w.Registrar.Port()))
	return account{
		Account: own, Enabled: true, DisplayName: w.Device.Name, SIPNumber: w.Device.SIPUser, Domain: host, DomainPort: port, AuthID: w.Device.SIPUser,
		RegistrationEnabled: true, RegistrarAddress: host, RegistrarPort: port,
	}
}

// proof stands for an account and its password at a device.
func (d *Intercom) proof(w device.Wanted) [32]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return sha256.Sum256([]byte(d.access.Addr.String() + "\x00" + w.Device.SIPUser + "\x00" + w.SIPPassword.Reveal()))
}

// shown reads the account of the agent.
func (d *Intercom) shown(ctx context.Context) (account, error) {
	var said struct{ Accounts []account }
	const op = "read the account"
	if err := d.do(ctx, web.Call{Op: op, Method: http.MethodGet, Path: "/api/phone/config?account=" + strconv.Itoa(own)}, &said); err != nil {
		return account{}, err
	}
	at := slices.IndexFunc(said.Accounts, func(a account) bool { return a.Account == own })
	if at < 0 {
		return account{}, &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the device has no account 1")}
	}
	return said.Accounts[at], nil
}

// differing names what of the account is not as wanted. The password counts as held once this process has written it: an agent that was started anew
// writes it once more.
func (d *Intercom) differing(is account, w device.Wanted) []string {
	want := accountOf(w)
	var out []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"account.enabled", is.Enabled == want.Enabled},
		{"account.displayName", is.DisplayName == want.DisplayName},
		{"account.sipNumber", is.SIPNumber == want.SIPNumber},
		{"account.domain", is.Domain == want.Domain && is.DomainPort == want.DomainPort},
		{"account.authId", is.AuthID == want.AuthID},
		{"account.registrar", is.RegistrationEnabled && is.RegistrarAddress == want.RegistrarAddress && is.RegistrarPort == want.RegistrarPort},
	} {
		if !f.same {
			out = append(out, f.name)
		}
	}
	proof := d.proof(w)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.written != proof {
		out = append(out, "account.password")
	}
	return out
}

// Configure writes the account and the entries in which the device differs, and nothing else.
func (d *Intercom) Configure(ctx context.Context, w device.Wanted) error {
	is, err := d.shown(ctx)
	if err != nil {
		return err
	}
	if len(d.differing(is, w)) > 0 {
		a := accountOf(w)
		a.Password = w.SIPPassword.Reveal()
		body := map[string]any{"accounts": []account{a}}
		if err := d.do(ctx, web.Call{Op: "write the account", Method: http.MethodPut, Path: "/api/phone/config", JSON: body}, nil); err != nil {
			return err
		}
		proof := d.proof(w)
		d.mu.Lock()
		d.written = proof
		d.mu.Unlock()
	}
	if !listsHomes(w) {
		return nil
	}
	return d.writeDirectory(ctx, w)
}

// ReadBack names what the device does not hold; the directory counts as one.
func (d *Intercom) ReadBack(ctx context.Context, w device.Wanted) (device.Reading, error) {
	is, err := d.shown(ctx)
	if err != nil {
		return device.Reading{}, err
	}
	out := device.Reading{Differing: d.differing(is, w), Missing: missing(w), Factory: !is.Enabled && is.SIPNumber == ""}
	for _, line := range w.Lines {
		out.Refused = append(out.Refused, line.Key)
	}
	if !listsHomes(w) {
		return out, nil
	}
	have, err := d.directory(ctx)
	if err != nil {
		return device.Reading{}, err
	}
	if add, drop := compare(entriesOf(w), have); len(add)+len(drop) > 0 {
		out.Differing = append(out.Differing, "directory")
	}
	return out, nil
}

// missing lists what is wanted and what the API does not reach: it is set on the device's own page.
func missing(w device.Wanted) []capability.Feature {
	var out []capability.Feature
	if slices.ContainsFunc(w.Device.Relays, func(r domain.Relay) bool { return r.Enabled && r.Board.IsZero() }) {
		out = append(out, device.RelaySettings)
	}
	if w.Connection() != domain.ConnectionUDP {
		out = append(out, device.Connecting)
	}
	if w.Callbacks != (device.Callbacks{}) {
		out = append(out, device.Telling)
	}
	return out
}
