package api_test

import (
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

// shows EXT-02 EXT-03 EXT-04 by cloud/api/deviceoptions.go: "out.ExternalRelays[i] = ExternalRelayKind{" => "_, _ = i, k"
func TestDeviceOptions_NameBoardsWithChannelsAndModes(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		type kind struct {
			Type     string
			Channels int
			Modes    []string
		}
		options := cloudtest.Want[struct {
			ExternalRelays []kind `json:"external_relays"`
		}](t, cloudtest.NewHouse(t, s).Installer, http.StatusOK, http.MethodGet, "/device-options", nil)
		want := []kind{
			{"MK485", 8, []string{"rs485", "rs485_input_non_latching", "rs485_input_latching"}}, {"HF-8000", 4, []string{"rs485", "ethernet"}}, {"RSAC-C1-R8", 8, []string{"rs485"}},
		}
		if len(options.ExternalRelays) != len(want) {
			t.Fatalf("%+v", options.ExternalRelays)
		}
		for i, k := range options.ExternalRelays {
			if k.Type != want[i].Type || k.Channels != want[i].Channels || strings.Join(k.Modes, " ") != strings.Join(want[i].Modes, " ") {
				t.Errorf("board %d: %+v, want %+v", i, k, want[i])
			}
		}
	})
}
