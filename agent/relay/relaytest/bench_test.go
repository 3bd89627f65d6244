package relaytest_test

import (
	"testing"

	"vestibule/agent/relay"
	"vestibule/agent/relay/relaytest"
)

func TestBench_KeepsTheContractItself(t *testing.T) {
	relaytest.Switches(t, relay.Channel{Unit: 1, Number: 1}, relay.Channel{Unit: 1, Number: 2}, func(*testing.T) (relay.Switch, relaytest.Peer) {
		b := relaytest.NewBench()
		return b, b
	})
	relaytest.Timers(t, relay.Channel{Number: 1}, func(*testing.T) (relay.Timer, relaytest.Peer) {
		b := relaytest.NewBench()
		return relaytest.Timed{Bench: b}, b
	})
}
