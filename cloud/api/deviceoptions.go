package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// DeviceOptions is what the forms of devices offer, at whatever site.
type DeviceOptions struct {
	ExternalRelays []ExternalRelayKind       `json:"external_relays" nullable:"false" doc:"Relay boards that an indoor monitor drives."`
	BoardProfiles  []domain.BoardProfileKind `json:"board_profiles" nullable:"false" doc:"Register maps that the building speaks; the first is the default."`
	Bauds          []int                     `json:"bauds" nullable:"false" doc:"Speeds of RS485 ports."`
}

// ExternalRelayKind is what a type of relay board can do.
type ExternalRelayKind struct {
	Type     string   `json:"type"`
	Name     string   `json:"name"`
	Channels int      `json:"channels"`
	Modes    []string `json:"modes" nullable:"false" doc:"The first is the default."`
}

func (a *API) deviceOptions() {
	route(a, http.MethodGet, "/device-options", "get-device-options", "What the forms of devices offer", func(context.Context, *struct{}) (*Body[DeviceOptions], error) {
		kinds := domain.ExternalRelayKinds()
		out := DeviceOptions{ExternalRelays: make([]ExternalRelayKind, len(kinds)), BoardProfiles: domain.BoardProfileKinds(), Bauds: domain.Bauds()}
		for i, k := range kinds {
			out.ExternalRelays[i] = ExternalRelayKind{Type: string(k.Type), Name: k.Name, Channels: k.Channels, Modes: words(k.Modes)}
		}
		return &Body[DeviceOptions]{out}, nil
	}, needs(account.DevicesRead), tag("devices"))
}
