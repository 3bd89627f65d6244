package device

import (
	"crypto/sha256"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"vestibule/agent/access"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Home is one entry of a door phone's directory: what a visitor reads and what the phone dials.
type Home struct {
	Number string
	Name   string
}

// Wanted is what a device should know. It holds everything a driver renders, so that equal Wanted means equal settings.
type Wanted struct {
	Device      domain.Device
	SIPPassword secret.String
	Registrar   netip.AddrPort // the agent's SIP address as the device sees it
	Homes       []Home         // in the order of numbers; nil for devices without a directory
}

// WantedOf reads what dev should know out of the document.
func WantedOf(view *desired.View, dev domain.Device, registrar netip.AddrPort) Wanted {
	w := Wanted{Device: dev, SIPPassword: view.Credentials[dev.ID].SIPPassword, Registrar: registrar}
	if dev.Type != domain.DoorPhone && dev.Type != domain.SingleDoorPhone {
		return w
	}
	for _, home := range view.Apartments {
		if access.StandsFor(dev, home) {
			w.Homes = append(w.Homes, Home{Number: home.Number, Name: home.Name})
		}
	}
	slices.SortFunc(w.Homes, func(a, b Home) int {
		if c := strings.Compare(a.Number, b.Number); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return w
}

// Digest tells whether two Wanted ask for the same; it covers the password without showing it.
func (w Wanted) Digest() [32]byte {
	dev := w.Device
	dev.SIPPassword, dev.APIPassword = secret.String{}, secret.String{}
	raw, err := json.Marshal(struct {
		Device    domain.Device
		Registrar netip.AddrPort
		Homes     []Home
		Proof     [32]byte
	}{dev, w.Registrar, w.Homes, sha256.Sum256([]byte(w.SIPPassword.Reveal()))})
	if err != nil {
		return [32]byte{}
	}
	return sha256.Sum256(raw)
}
