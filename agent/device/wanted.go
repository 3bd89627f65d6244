package device

import (
	"crypto/sha256"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"vestibule/shared/capability"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Home is one entry of a door phone's directory: what a visitor reads and what the phone dials.
type Home struct {
	Number string
	Name   string

	Unlisted bool // the directory that was chosen for the phone leaves it out (DEV-24)
	Sequence bool // rings in sets, one after the other (CALL-07)
}

// Wanted is what a device should know. It holds everything a driver renders, so that equal Wanted means equal settings.
type Wanted struct {
	Device      domain.Device
	SIPPassword secret.String
	Registrar   netip.AddrPort     // the agent's SIP address as the device sees it
	Secure      uint16             // its port of SIP over TLS; 0: none
	Homes       []Home             // in the order of numbers; nil for devices without a directory
	Contacts    []Contact          // those in the homes and at work that the directory shows beside the numbers
	Lines       []domain.AutoPLine // regular AutoP lines
	Callbacks   Callbacks          // where it says what happens at it
	Zone        string             // of the site, an IANA name: the device's own clock decides on schedules

	Keys Keys                 // who opens the device's own relays by a PIN or a card
	Left []capability.Feature // of the keys, left out for every device

	Withheld []capability.Feature // asked for and left out, because the device's firmware does not reach it
}

// WantedOf reads what dev should know out of the document.
func WantedOf(view *desired.View, dev domain.Device, registrar netip.AddrPort) Wanted {
	w := Wanted{Device: dev, SIPPassword: view.Credentials[dev.ID].SIPPassword, Registrar: registrar, Lines: view.AutoP[dev.ID].Lines(), Zone: view.Site.TimeZone}
	w.Keys, w.Left = keysOf(view, dev)
	if dev.Type != domain.DoorPhone && dev.Type != domain.SingleDoorPhone {
		return w
	}
	for _, home := range view.Apartments {
		if dev.Calls(home) {
			w.Homes = append(w.Homes, Home{
				Number: home.Number, Name: home.Name, Unlisted: !lists(view, dev.Form.Directory, home.ID), Sequence: home.Contact == domain.SequenceCall,
			})
		}
	}
	slices.SortFunc(w.Homes, func(a, b Home) int {
		if c := strings.Compare(a.Number, b.Number); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	w.Contacts = contactsOf(view, dev)
	return w
}

// For gives what is written to a device of that firmware: what the firmware does not reach is left out and named in Withheld (DEV-25). The
// document keeps it, so that it comes with the firmware that can.
func (w Wanted) For(who Identity) Wanted {
	w.Withheld = slices.Clone(w.Left)
	w.Keys.Room = capability.Users(who.Model)
	reaches := func(feature capability.Feature, used bool) bool {
		if !used || capability.Check(feature, who.Model, who.Firmware).Applies() {
			return true
		}
		w.Withheld = append(w.Withheld, feature)
		return false
	}
	uses := func(f func(Home) bool) bool { return slices.ContainsFunc(w.Homes, f) }
	reaches(capability.AccessMethods, slices.ContainsFunc(w.Device.Relays, func(r domain.Relay) bool { return r.Enabled && r.Board.IsZero() && r.Methods != 0 }))
	chosen := reaches(capability.Directory, w.Device.Form.Directory != nil && w.Homes != nil)
	dials := reaches(capability.HashInApartment, uses(Home.hash))
	reaches(capability.SequenceCall, uses(func(h Home) bool { return h.Sequence }))
	w.Homes = slices.DeleteFunc(slices.Clone(w.Homes), func(h Home) bool { return chosen && h.Unlisted || !dials && h.hash() })
	if w.Device.Form.Connection == domain.ConnectionTLS && w.Connection() != domain.ConnectionTLS {
		w.Device.Form.Connection = w.Connection()
		w.Withheld = append(w.Withheld, SecureSIP)
	}
	w.Contacts = slices.DeleteFunc(slices.Clone(w.Contacts), func(c Contact) bool { return chosen && c.Unlisted })
	return w
}

// What may be left out beside what the firmware does not reach.
const (
	SecureSIP  capability.Feature = "sip_tls"        // the agent takes no calls over TLS
	Connecting capability.Feature = "sip_connection" // the device has no choice
	Telling    capability.Feature = "callbacks"      // it does not say what happens at it
	Clocked    capability.Feature = "clock"          // it does not take the zone of the site
	Unwatched  capability.Feature = "unwatched"      // its camera's stream cannot be switched off

	ContactList   capability.Feature = "contact_list"   // the firmware has no public way to its directory
	RelaySettings capability.Feature = "relay_settings" // name, digit and hold are set on the device's own page
)

// Connection is how the device's SIP reaches the agent: what was chosen (REM-04), as far as the agent takes it.
func (w Wanted) Connection() domain.Connection {
	if w.Device.Form.Connection == "" || w.Device.Form.Connection == domain.ConnectionTLS && w.Secure == 0 {
		return domain.ConnectionUDP
	}
	return w.Device.Form.Connection
}

// Port is where the agent takes that.
func (w Wanted) Port() uint16 {
	if w.Connection() == domain.ConnectionTLS {
		return w.Secure
	}
	return w.Registrar.Port()
}

func (h Home) hash() bool { return strings.Contains(h.Number, "#") }

// Withholds tells whether a feature is left out.
func (w Wanted) Withholds(f capability.Feature) bool { return slices.Contains(w.Withheld, f) }

// Digest tells whether two Wanted ask for the same; it covers the password without showing it.
func (w Wanted) Digest() [32]byte {
	dev := w.Device
	dev.SIPPassword, dev.APIPassword = secret.String{}, secret.String{}
	raw, err := json.Marshal(struct {
		Device    domain.Device
		Registrar netip.AddrPort
		Homes     []Home
		Contacts  []Contact
		Secure    uint16
		Lines     []domain.AutoPLine
		Syslog    string
		Proof     [32]byte
		Callbacks [32]byte
		Keys      [32]byte
	}{
		dev, w.Registrar, w.Homes, w.Contacts, w.Secure, w.Lines, w.Callbacks.Syslog, sha256.Sum256([]byte(w.SIPPassword.Reveal())),
		sha256.Sum256([]byte(w.Callbacks.URL.Reveal())), w.Keys.proof(),
	})
	if err != nil {
		return [32]byte{}
	}
	return sha256.Sum256(raw)
}
