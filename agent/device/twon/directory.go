package twon

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
)

// owner marks the entries that are the agent's.
const owner = "Vestibule"

// entry is a line of the directory.
type entry struct {
	UUID    string   `json:"uuid,omitempty"`
	Deleted bool     `json:"deleted,omitempty"`
	Name    string   `json:"name,omitempty"`
	Owner   string   `json:"owner,omitempty"`
	CallPos []number `json:"callPos,omitempty"`
	Access  *access  `json:"access,omitempty"`
}

type number struct {
	Peer string `json:"peer"`
}

// line is what counts of an entry.
type line struct{ name, peer string }

func (e entry) line() line {
	if len(e.CallPos) == 0 {
		return line{name: e.Name}
	}
	return line{e.Name, e.CallPos[0].Peer}
}

// Bounds of a directory.
const (
	maxEntries   = 5000
	batchEntries = 100
)

// listsHomes tells whether a device has a directory at all.
func listsHomes(w device.Wanted) bool {
	return w.Device.Type == domain.DoorPhone || w.Device.Type == domain.SingleDoorPhone
}

// entriesOf lists what the directory should hold.
func entriesOf(w device.Wanted) []line {
	var out []line
	for _, h := range w.Homes {
		out = append(out, line{device.EntryName(w.Device, h), h.Number})
	}
	for _, c := range w.Contacts {
		out = append(out, line{c.Name, c.Phone})
	}
	return out
}

// directory reads the agent's entries.
func (d *Intercom) directory(ctx context.Context) ([]entry, error) {
	return d.entries(ctx, "read the directory", owner, "callPos.peer")
}

// entries reads the entries of an owner with a field beside the name. The device gives all at once: from timestamp 0 on.
func (d *Intercom) entries(ctx context.Context, op, owner, field string) ([]entry, error) {
	var said struct{ Users []entry }
	body := map[string]any{"fields": []string{"name", "owner", field}, "iterator": map[string]int{"timestamp": 0}}
	if err := d.do(ctx, web.Call{Op: op, Method: http.MethodPost, Path: "/api/dir/query", JSON: body}, &said); err != nil {
		return nil, err
	}
	if len(said.Users) > maxEntries {
		return nil, &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the directory is over the limit")}
	}
	return slices.DeleteFunc(said.Users, func(e entry) bool { return e.Deleted || e.Owner != owner }), nil
}

// compare gives the lines to add and the entries to drop; an entry that stands twice is dropped once.
func compare(want []line, have []entry) (add []line, drop []entry) {
	lacking := map[line]int{}
	for _, l := range want {
		lacking[l]++
	}
	for _, e := range have {
		if l := e.line(); lacking[l] > 0 {
			lacking[l]--
		} else {
			drop = append(drop, e)
		}
	}
	for _, l := range want {
		if lacking[l] > 0 {
			lacking[l]--
			add = append(add, l)
		}
	}
	return add, drop
}

func (d *Intercom) writeDirectory(ctx context.Context, w device.Wanted) error {
	have, err := d.directory(ctx)
	if err != nil {
		return err
	}
	add, drop := compare(entriesOf(w), have)
	fresh := make([]entry, 0, len(add))
	for _, l := range add {
		fresh = append(fresh, entry{Name: l.name, Owner: owner, CallPos: []number{{l.peer}}})
	}
	return d.exchange(ctx, drop, fresh)
}

// exchange takes entries away and writes others.
func (d *Intercom) exchange(ctx context.Context, drop, fresh []entry) error {
	for batch := range slices.Chunk(drop, batchEntries) {
		gone := make([]entry, 0, len(batch))
		for _, e := range batch {
			gone = append(gone, entry{UUID: e.UUID})
		}
		if err := d.change(ctx, "delete", gone); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(fresh, batchEntries) {
		if err := d.change(ctx, "create", batch); err != nil {
			return err
		}
	}
	return nil
}

// change writes entries; each of them is answered for itself.
func (d *Intercom) change(ctx context.Context, action string, entries []entry) error {
	var said struct {
		Users []struct {
			Errors []struct{ Code string }
		}
	}
	op := action + " entries"
	body := map[string]any{"users": entries}
	if err := d.do(ctx, web.Call{Op: op, Method: http.MethodPut, Path: "/api/dir/" + action, JSON: body}, &said); err != nil {
		return err
	}
	for _, u := range said.Users {
		if len(u.Errors) > 0 {
			return &device.Error{Kind: device.Refused, Op: op, Err: errors.New(device.Printable(u.Errors[0].Code))}
		}
	}
	return nil
}
