package domain

import (
	"crypto/rand"
	"math/big"
	"regexp"
	"strings"

	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Keyring is what one person opens doors with: a PIN and cards, and where they open. It exists once something of it was set.
type Keyring struct {
	PersonID PersonID      `cbor:"1,keyasint"`
	SiteID   SiteID        `cbor:"-"`
	PIN      secret.String `cbor:"2,keyasint"` // zero: none
	Cards    []KeyCard     `cbor:"3,keyasint,omitempty"`
	// Groups are access groups beside the own doors: those of the home, or of where the person works. NoOwnDoors leaves the groups alone.
	Groups     []AccessGroupID `cbor:"4,keyasint,omitempty"`
	NoOwnDoors bool            `cbor:"5,keyasint,omitempty"`

	PINMilli int64  `cbor:"-"`          // when the PIN was set
	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// KeyCard is one RF card or fob. Number is canonical: see ParseCard.
type KeyCard struct {
	ID     CardID        `cbor:"1,keyasint"`
	Number secret.String `cbor:"2,keyasint"`
	Name   string        `cbor:"3,keyasint,omitempty"`
}

// Bounds of a keyring. Devices take PINs of 4 to 8 digits, and show at most so many characters of all cards of a person, with a mark between two.
const (
	MinPIN         = 4
	MaxPIN         = 8
	MaxCards       = 4
	maxCardsLength = 63
	MaxCardName    = 64
	MaxKeyGroups   = 16
)

var pinDigits = regexp.MustCompile(`^[0-9]{4,8}$`)

// Holds tells whether there is anything to open with.
func (k Keyring) Holds() bool { return !k.PIN.IsZero() || len(k.Cards) > 0 }

// Validate checks the form of a keyring. Which PINs are too common is CheckPIN's matter: what is in use stays valid when that list grows.
func (k Keyring) Validate() error {
	var f fault.Fields
	f.Check(k.PIN.IsZero() || pinDigits.MatchString(k.PIN.Reveal()), "pin", "%d to %d digits.", MinPIN, MaxPIN)
	f.Check(len(k.Cards) <= MaxCards, "cards", "At most %d cards.", MaxCards)
	f.Check(len(k.Groups) <= MaxKeyGroups, "groups", "At most %d access groups.", MaxKeyGroups)
	length, seen := 0, map[string]bool{}
	for _, c := range k.Cards {
		number := c.Number.Reveal()
		f.Check(canonicalCard.MatchString(number) && !seen[number], "number", "%s", cardWords)
		seen[number] = true
		length += len(number) + 1
		checkText(&f, "name", c.Name, MaxCardName)
	}
	f.Check(length-1 <= maxCardsLength, "number", "The cards of this person are too long together for devices. Take one away first.")
	return f.Err()
}

// CheckPIN notes a fault at path when a PIN that somebody chose has the wrong form or is too easy to guess.
func CheckPIN(f *fault.Fields, path string, pin secret.String) {
	text := pin.Reveal()
	switch {
	case !pinDigits.MatchString(text):
		f.Add(path, "%d to %d digits.", MinPIN, MaxPIN)
	case commonPIN(text):
		f.Add(path, "This PIN is easy to guess. Choose digits without a pattern.")
	case len(text) == MaxPIN && text[0] == '9':
		f.Add(path, "Devices keep eight digits that begin with 9 for visitors. Choose another PIN.")
	}
}

// wellKnown are PINs that people choose again and again without a pattern that commonPIN would see.
var wellKnown = []string{"2580", "0852", "1004", "5683", "0007", "1379", "2468", "1357", "8642", "7531", "147258", "159753", "112233", "147852", "11223344"}

// commonPIN tells whether a PIN is one of those that are tried first: one digit or one block again and again, a run up or down, a year, the middle
// row of the keypad.
func commonPIN(pin string) bool {
	for _, known := range wellKnown {
		if pin == known {
			return true
		}
	}
	for block := 1; block <= len(pin)/2; block++ {
		if len(pin)%block == 0 && strings.Repeat(pin[:block], len(pin)/block) == pin {
			return true
		}
	}
	up, down := true, true
	for i := 1; i < len(pin); i++ {
		up = up && (pin[i]-'0') == (pin[i-1]-'0'+1)%10
		down = down && (pin[i]-'0'+1)%10 == pin[i-1]-'0'
	}
	return up || down || len(pin) == MinPIN && (pin[:2] == "19" || pin[:2] == "20")
}

// drawnPIN is how long a PIN is that nobody chose.
const drawnPIN = 6

// NewPIN draws a PIN that CheckPIN accepts.
func NewPIN() secret.String {
	const digits = "0123456789"
	for {
		var out [drawnPIN]byte
		for i := range out {
			n, err := rand.Int(rand.Reader, big.NewInt(int64(len(digits))))
			if err != nil {
				panic("the system has no randomness: " + err.Error())
			}
			out[i] = digits[n.Int64()]
		}
		if !commonPIN(string(out[:])) {
			return secret.New(string(out[:]))
		}
	}
}
