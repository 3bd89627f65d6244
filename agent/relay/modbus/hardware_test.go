//go:build hardware

package modbus_test

import (
	"os"
	"testing"
	"time"

	"vestibule/agent/relay"
	"vestibule/agent/relay/modbus"
	"vestibule/shared/domain"
)

// Two Waveshare boards, units 1 and 2, on the port that VESTIBULE_RS485 names. Nothing may hang on their relays.
func TestHardware_TwoBoardsMoveWhatIsAskedAlone(t *testing.T) {
	port := os.Getenv("VESTIBULE_RS485")
	if port == "" {
		t.Fatal("VESTIBULE_RS485 names the serial port")
	}
	layout := func(unit int) (relay.Board, bool) {
		return relay.Board{Profile: domain.ProfileWaveshare, Channels: 8}, unit == 1 || unit == 2
	}
	b := modbus.New(modbus.Config{Line: domain.Line{Link: domain.LinkRTU, Address: port, Baud: domain.DefaultBaud, Parity: domain.ParityNone, StopBits: 1}, Layout: layout})
	defer func() { _ = b.Close() }()
	for unit := 1; unit <= 2; unit++ {
		for n := 1; n <= 8; n++ {
			ch := relay.Channel{Unit: unit, Number: n}
			if err := b.Pulse(t.Context(), ch, true, 500*time.Millisecond); err != nil {
				t.Fatalf("%+v: %v", ch, err)
			}
			for other := 1; other <= 2; other++ {
				got, err := b.Scan(t.Context(), other)
				if err != nil {
					t.Fatal(err)
				}
				for i, on := range got.Outputs {
					if on != (other == unit && i == n-1) {
						t.Fatalf("pulse of %+v: unit %d shows %v", ch, other, got.Outputs)
					}
				}
			}
			<-time.After(time.Second)
			if on, err := b.State(t.Context(), ch); err != nil || on {
				t.Fatalf("%+v did not let go: %v %v", ch, on, err)
			}
		}
	}
}
