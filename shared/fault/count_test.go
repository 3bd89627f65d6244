package fault_test

import (
	"testing"

	"vestibule/shared/fault"
)

func TestCount_KnowsOneAndManyAndLeavesNoneOut(t *testing.T) {
	of := func(apartments, people, devices int) string {
		return fault.Count(fault.Of{N: apartments, One: "apartment", Many: "apartments"}, fault.Of{N: people, One: "person", Many: "people"},
			fault.Of{N: devices, One: "device", Many: "devices"})
	}
	for want, got := range map[string]string{
		"1 apartment":                         of(1, 0, 0),
		"2 people":                            of(0, 2, 0),
		"1 person and 12 devices":             of(0, 1, 12),
		"3 apartments, 4 people and 1 device": of(3, 4, 1),
		"":                                    of(0, 0, 0),
	} {
		if got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
}
