package device

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"vestibule/shared/capability"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Keeper holds keys of people itself and opens its own relays by them, with or without the agent. What others put onto the device is left alone.
type Keeper interface {
	// Keep writes who may open, in what the device differs, and takes away who may not any more. It gives how many people it took away.
	Keep(ctx context.Context, want Keys) (gone int, err error)
	// Kept compares.
	Kept(ctx context.Context, want Keys) (KeysReading, error)
}

// Keys are what a device should know of the keys of people.
type Keys struct {
	Users     []User      // by Mark
	Schedules []Timetable // by Mark
	Room      int         // how many users the device has room for; 0: nobody knows
}

// User is somebody with the keys that open the same relays at the same times: one whose PIN and cards do not is two users, so that on every firmware
// each way opens its own relays only (EDGE-26).
type User struct {
	Mark  string // by which it is found again
	Name  string
	Code  secret.String // what is typed
	Cards []secret.String
	Opens []Opening
}

// Opening is relays that open by a timetable.
type Opening struct {
	Timetable string // its mark; empty: always
	Relays    string // their numbers, rising, such as "12"
}

// Timetable is when users of an access group open.
type Timetable struct {
	Mark string
	When domain.Schedule
}

// KeysReading is how a device compares with what is wanted.
type KeysReading struct {
	Differing []string
	Lacks     bool                 // the device keeps no keys
	Missing   []capability.Feature // keys of a kind that it does not keep
	Over      int                  // users it has no room for
}

// OwnKeys is missing on a device that keeps no keys; the others were left out of what it was given.
const (
	OwnKeys   capability.Feature = "keys"
	LongCodes capability.Feature = "long_codes" // apartment number and PIN together are longer than the device takes
	SameCodes capability.Feature = "same_codes" // two people would type the same
	BoardKeys capability.Feature = "board_keys" // the relay hangs on a board, which the device does not move
	CardKeys  capability.Feature = "card_keys"  // the device chooses itself what a card opens
	TimedKeys capability.Feature = "timed_keys" // its times are set on its own page
)

// longestCode is how many digits a device takes for a code.
const longestCode = 8

// markOf is a short lasting name for an id.
func markOf(kind string, id [16]byte) string {
	return "VST-" + kind + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(id[:])
}

// OwnMark tells whether something on a device was written by an agent.
func OwnMark(mark string) bool { return strings.HasPrefix(mark, "VST-") }

// keysOf reads who may open the own relays of dev, and the features that were left out.
func keysOf(view *desired.View, dev domain.Device) (Keys, []capability.Feature) {
	var out Keys
	if !dev.Type.HasRelays() {
		return out, nil
	}
	k := keyWriter{view: view, tables: map[domain.AccessGroupID]bool{}, codes: map[string]int{}}
	for id, ring := range view.Keyrings {
		if person := view.People[id]; ring.Holds() {
			k.person(person, ring, view.Passages(ring, dev))
		}
	}
	out.Users = k.users
	for id := range k.tables {
		out.Schedules = append(out.Schedules, Timetable{Mark: markOf("", id), When: view.AccessGroups[id].Schedule})
	}
	slices.SortFunc(out.Schedules, func(a, b Timetable) int { return strings.Compare(a.Mark, b.Mark) })
	out.Users = k.apart(out.Users)
	slices.SortFunc(out.Users, func(a, b User) int { return strings.Compare(a.Mark, b.Mark) })
	return out, k.left
}

type keyWriter struct {
	view   *desired.View
	users  []User
	tables map[domain.AccessGroupID]bool
	codes  map[string]int
	left   []capability.Feature
}

func (k *keyWriter) leave(f capability.Feature) {
	if !slices.Contains(k.left, f) {
		k.left = append(k.left, f)
	}
}

// person makes one user of somebody, or two where the PIN and the cards open differently.
func (k *keyWriter) person(p domain.Person, ring domain.Keyring, passages []desired.Passage) {
	code, cards := k.code(ring), make([]secret.String, 0, len(ring.Cards))
	for _, c := range ring.Cards {
		cards = append(cards, c.Number)
	}
	byCode, byCard := k.opens(passages, domain.MethodPIN), k.opens(passages, domain.MethodCard)
	if !code.IsZero() && onBoard(passages, domain.MethodPIN) || len(cards) > 0 && onBoard(passages, domain.MethodCard) {
		k.leave(BoardKeys)
	}
	name := strings.TrimSpace(p.FirstName + " " + p.LastName)
	hasCode, hasCards := !code.IsZero() && len(byCode) > 0, len(cards) > 0 && len(byCard) > 0
	if hasCode && hasCards && slices.Equal(byCode, byCard) {
		k.users = append(k.users, User{Mark: markOf("A", p.ID), Name: name, Code: code, Cards: cards, Opens: byCode})
	} else {
		if hasCode {
			k.users = append(k.users, User{Mark: markOf("P", p.ID), Name: name, Code: code, Opens: byCode})
		}
		if hasCards {
			k.users = append(k.users, User{Mark: markOf("C", p.ID), Name: name, Cards: cards, Opens: byCard})
		}
	}
	if hasCode {
		k.codes[code.Reveal()]++
	}
}

// code is what somebody types at a device that compares digits alone; zero when there is nothing or it is too long.
func (k *keyWriter) code(ring domain.Keyring) secret.String {
	typed := k.view.TypedAs(ring)
	if len(typed) == 0 {
		return secret.String{}
	}
	code := strings.ReplaceAll(typed[0], "#", "")
	if len(code) > longestCode {
		k.leave(LongCodes)
		return secret.String{}
	}
	return secret.New(code)
}

// onBoard tells whether a way would open a relay that hangs on a board. Only the agent moves that one, and never by what a device says.
func onBoard(passages []desired.Passage, way domain.Methods) bool {
	return slices.ContainsFunc(passages, func(p desired.Passage) bool { return !p.Relay.Board.IsZero() && p.Relay.Methods.Has(way) })
}

// opens lists which of the own relays a way opens, and when.
func (k *keyWriter) opens(passages []desired.Passage, way domain.Methods) []Opening {
	relays := map[domain.AccessGroupID]string{}
	for _, p := range passages {
		number := strconv.Itoa(p.Relay.Number)
		if p.Relay.Board.IsZero() && p.Relay.Methods.Has(way) && !strings.Contains(relays[p.Group], number) {
			relays[p.Group] += number
		}
	}
	var out []Opening
	for group, numbers := range relays {
		o := Opening{Relays: numbers}
		if !group.IsZero() && !k.view.AccessGroups[group].Schedule.Ever() {
			o.Timetable = markOf("", group)
			k.tables[group] = true
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Opening) int { return strings.Compare(a.Timetable+a.Relays, b.Timetable+b.Relays) })
	return out
}

// apart takes away codes that two people would type alike: a device would open for one of them in the name of the other.
func (k *keyWriter) apart(users []User) []User {
	var out []User
	for _, u := range users {
		if k.codes[u.Code.Reveal()] > 1 && !u.Code.IsZero() {
			k.leave(SameCodes)
			if u.Code = (secret.String{}); len(u.Cards) == 0 {
				continue
			}
		}
		out = append(out, u)
	}
	return out
}

// proof covers keys without showing them.
func (k Keys) proof() [32]byte {
	type open struct {
		User  User
		Code  string
		Cards []string
	}
	var all []open
	for _, u := range k.Users {
		o := open{User: u, Code: u.Code.Reveal()}
		for _, c := range u.Cards {
			o.Cards = append(o.Cards, c.Reveal())
		}
		all = append(all, o)
	}
	raw, err := json.Marshal(struct {
		Users     []open
		Schedules []Timetable
	}{all, k.Schedules})
	if err != nil {
		return [32]byte{}
	}
	return sha256.Sum256(raw)
}
