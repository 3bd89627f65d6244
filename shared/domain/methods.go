package domain

import "slices"

// Methods is the set of ways to unlock one relay (DEV-18). The zero value means all of them, which is the default.
type Methods uint8

// The seven ways.
const (
	MethodHomepage    Methods = 1 << iota // SmartPlus Homepage: from the app's home screen (DEV-20)
	MethodTalkingpage                     // SmartPlus Talkingpage: while talking (DEV-20)
	MethodPIN
	MethodFace
	MethodCard
	MethodBluetooth
	MethodNFC

	AllMethods Methods = 1<<7 - 1
	NoMethods  Methods = 1 << 7 // nothing unlocks the relay but a call's digit and the cloud
)

var methodNames = []string{"homepage", "talkingpage", "pin", "face", "card", "bluetooth", "nfc"}

// MethodNames lists the names of all ways, in the order of their bits.
func MethodNames() []string { return slices.Clone(methodNames) }

// Names lists the ways of the set by name.
func (m Methods) Names() []string {
	if m == 0 {
		return MethodNames()
	}
	out := []string{}
	for i, name := range methodNames {
		if m&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// Has tells whether one way unlocks the relay.
func (m Methods) Has(way Methods) bool { return m == 0 || m&way != 0 }

// MethodsNamed gives the set with names; nil names mean all, none of them NoMethods. ok is false when a name is unknown.
func MethodsNamed(names []string) (Methods, bool) {
	if names == nil {
		return 0, true
	}
	var m Methods
	for _, name := range names {
		i := slices.Index(methodNames, name)
		if i < 0 {
			return 0, false
		}
		m |= 1 << i
	}
	switch m {
	case 0:
		return NoMethods, true
	case AllMethods:
		return 0, true
	}
	return m, true
}
