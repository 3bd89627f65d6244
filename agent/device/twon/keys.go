package twon

import (
	"context"
	"slices"

	"vestibule/agent/device"
	"vestibule/shared/capability"
)

var _ device.Keeper = (*Intercom)(nil)

// keysOwner marks the entries of people who open by a code.
const keysOwner = "Vestibule keys"

// switches is how many of them have a code of their own in an entry.
const switches = 4

// access is what an entry opens: for each switch the code that moves it, and it alone. What a card opens is set at the reader, and times are set on the
// device's own page: the API reaches neither.
type access struct {
	Code []string `json:"code"`
}

// holder is somebody with codes, as far as they count.
type holder struct {
	name  string
	codes [switches]string
}

func (e entry) holder() holder {
	h := holder{name: e.Name}
	if e.Access != nil {
		copy(h.codes[:], e.Access.Code)
	}
	return h
}

// holdersOf lists who should open by a code, and the kinds of keys that are left out.
func holdersOf(want device.Keys) (all []holder, left []capability.Feature) {
	leave := func(f capability.Feature) {
		if !slices.Contains(left, f) {
			left = append(left, f)
		}
	}
	for _, u := range want.Users {
		if len(u.Cards) > 0 {
			leave(device.CardKeys)
		}
		if u.Code.IsZero() {
			continue
		}
		h := holder{name: u.Name}
		for _, o := range u.Opens {
			if o.Timetable != "" {
				leave(device.TimedKeys)
				continue
			}
			for _, digit := range o.Relays {
				if n := int(digit - '1'); n >= 0 && n < switches {
					h.codes[n] = u.Code.Reveal()
				}
			}
		}
		if h.codes != [switches]string{} {
			all = append(all, h)
		}
	}
	return all, left
}

// exchanging gives the entries that make those of the device the wanted ones, and how many people none is wanted of any more.
func exchanging(want []holder, have []entry) (drop, fresh []entry, gone int) {
	lacking := map[holder]int{}
	named := map[string]bool{}
	for _, h := range want {
		lacking[h]++
		named[h.name] = true
	}
	for _, e := range have {
		if h := e.holder(); lacking[h] > 0 {
			lacking[h]--
			continue
		}
		drop = append(drop, e)
		if !named[e.Name] {
			gone++
		}
	}
	for _, h := range want {
		if lacking[h] > 0 {
			lacking[h]--
			fresh = append(fresh, entry{Name: h.name, Owner: keysOwner, Access: &access{Code: h.codes[:]}})
		}
	}
	return drop, fresh, gone
}

func (d *Intercom) holders(ctx context.Context) ([]entry, error) {
	return d.entries(ctx, "read codes", keysOwner, "access.code")
}

// Keep writes who opens by a code. Codes that changed are taken away before the new ones are written.
func (d *Intercom) Keep(ctx context.Context, want device.Keys) (int, error) {
	have, err := d.holders(ctx)
	if err != nil {
		return 0, err
	}
	all, _ := holdersOf(want)
	drop, fresh, gone := exchanging(all, have)
	return gone, d.exchange(ctx, drop, fresh)
}

// Kept compares.
func (d *Intercom) Kept(ctx context.Context, want device.Keys) (device.KeysReading, error) {
	have, err := d.holders(ctx)
	if err != nil {
		return device.KeysReading{}, err
	}
	all, left := holdersOf(want)
	out := device.KeysReading{Missing: left}
	if drop, fresh, _ := exchanging(all, have); len(drop)+len(fresh) > 0 {
		out.Differing = []string{"codes"}
	}
	return out, nil
}
