package eventlog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// Event is an event as people see it. Its JSON is the API's.
type Event struct {
	ID         string           `json:"id"`
	Kind       domain.EventKind `json:"kind"`
	OccurredAt time.Time        `json:"occurred_at"`
	ReceivedAt time.Time        `json:"received_at"`
	Agent      domain.AgentID   `json:"agent_id"`
	Epoch      domain.EpochID   `json:"epoch"`
	Stream     string           `json:"stream"`
	Seq        uint64           `json:"seq"`
	ClockSure  bool             `json:"clock_sure"`
	Body       map[string]any   `json:"body"`
	Digest     string           `json:"digest"`
}

// Query filters a list; zero fields do not. Limit is 1 to 500, 0 means 50. Before is the cursor of the page before.
type Query struct {
	Kind      domain.EventKind
	Kinds     []domain.EventKind // several, each once
	Device    domain.DeviceID
	Apartment domain.ApartmentID
	Limit     int
	Before    string
}

// Position is where a page starts: rows behind it in the order of the list. The zero value is the newest row.
type Position struct {
	Received int64          `cbor:"1,keyasint"` // UTC ms
	Seq      uint64         `cbor:"2,keyasint"`
	Agent    domain.AgentID `cbor:"3,keyasint"`
	Epoch    domain.EpochID `cbor:"4,keyasint"`
	Stream   domain.Stream  `cbor:"5,keyasint"`
}

const (
	defaultLimit = 50
	maxLimit     = 500
)

// List gives a page of a site's events, newest received first, and the cursor of the next page; empty at the end.
func (s *Service) List(ctx context.Context, site domain.SiteID, q Query) ([]Event, string, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return nil, "", err
	}
	if q.Limit == 0 {
		q.Limit = defaultLimit
	}
	if q.Limit < 1 || q.Limit > maxLimit {
		var f fault.Fields
		f.Add("limit", "1 to %d.", maxLimit)
		return nil, "", f.Err()
	}
	var after Position
	if q.Before != "" {
		raw, err := base64.RawURLEncoding.DecodeString(q.Before)
		if err != nil || wire.Unmarshal(raw, &after) != nil || after.Seq > highest {
			return nil, "", fault.New(fault.Invalid, "This is not a cursor of this list.")
		}
	}
	limit := q.Limit
	q.Limit++ // one more tells whether there is a next page
	rows, err := s.newest(ctx, site, q, after)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		if next, err = rows[limit-1].cursor(); err != nil {
			return nil, "", err
		}
	}
	out := make([]Event, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.show())
	}
	return out, next, nil
}

// newest reads the rows of a page and perhaps more. Several kinds are read one after the other: each is found without the rows of the others, however
// few it has.
func (s *Service) newest(ctx context.Context, site domain.SiteID, q Query, after Position) ([]Stored, error) {
	if len(q.Kinds) == 0 {
		return s.Store.Events(ctx, site, q, after)
	}
	var all []Stored
	for _, q.Kind = range q.Kinds {
		rows, err := s.Store.Events(ctx, site, q, after)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	slices.SortFunc(all, func(a, b Stored) int { return b.position().compare(a.position()) })
	return all, nil
}

// compare orders positions as the store does.
func (p Position) compare(o Position) int {
	return cmp.Or(cmp.Compare(p.Received, o.Received), cmp.Compare(p.Seq, o.Seq), bytes.Compare(p.Agent[:], o.Agent[:]), bytes.Compare(p.Epoch[:], o.Epoch[:]),
		cmp.Compare(p.Stream, o.Stream))
}

// Candidates lists the devices that stand on a site's LANs and not in its document.
func (s *Service) Candidates(ctx context.Context, site domain.SiteID) ([]Candidate, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return nil, err
	}
	return s.Store.Candidates(ctx, site)
}

func (r Stored) cursor() (string, error) {
	raw, err := wire.Marshal(r.position())
	return base64.RawURLEncoding.EncodeToString(raw), err
}

func (r Stored) position() Position {
	return Position{Received: r.Received.UnixMilli(), Seq: r.Row.Seq, Agent: r.Agent, Epoch: r.Epoch, Stream: r.Stream}
}

// seen is a row that is made readable when it goes to a reader: of most rows nobody is one.
type seen struct{ row Stored }

// MarshalJSON writes the row as the API shows it.
func (s seen) MarshalJSON() ([]byte, error) { return json.Marshal(s.row.show()) }

var streamNames = map[domain.Stream]string{domain.StreamAudit: "audit", domain.StreamStatus: "status"}

// show makes the row readable. A time that cannot be one is replaced by the time of arrival.
// Event gives a row as the API shows it.
func (r Stored) Event() Event { return r.show() }

func (r Stored) show() Event {
	e := Event{
		ID:   fmt.Sprintf("%s.%s.%d.%d", r.Agent, r.Epoch, r.Stream, r.Row.Seq),
		Kind: r.Row.Kind, OccurredAt: time.UnixMilli(r.Row.WallMilli).UTC(), ReceivedAt: r.Received.UTC(),
		Agent: r.Agent, Epoch: r.Epoch, Stream: streamNames[r.Stream], Seq: r.Row.Seq, ClockSure: r.Row.ClockSure,
		Digest: hex.EncodeToString(r.Row.Digest[:]), Body: map[string]any{},
	}
	if y := e.OccurredAt.Year(); y < 2000 || y > 2200 {
		e.OccurredAt, e.ClockSure = e.ReceivedAt, false
	}
	if len(r.Row.Body) == 0 {
		e.Body["erased"] = true
		return e
	}
	body, err := decode(r.Row.Kind, r.Row.Body)
	if err != nil {
		return e
	}
	e.Body = shown(body, r.names())
	return e
}

// names gives the words for ids that are kept beside the row; those that cannot be read leave the ids.
func (r Stored) names() Names {
	var kept storedNames
	_ = wire.Unmarshal(r.Names, &kept)
	return kept.names()
}

// storedNames is Names as kept beside a row.
type storedNames struct {
	Devices    []named `cbor:"1,keyasint,omitempty"`
	Apartments []named `cbor:"2,keyasint,omitempty"`
	Relay      string  `cbor:"3,keyasint,omitempty"`
	RelayOf    named   `cbor:"4,keyasint,omitzero"`
	Number     int     `cbor:"5,keyasint,omitempty"`
}

type named struct {
	ID   [16]byte `cbor:"1,keyasint"`
	Name string   `cbor:"2,keyasint"`
}

// kept gives the names that a body mentions, as they are kept beside its row.
func (n Names) kept(body any) storedNames {
	var s storedNames
	devices, apartments := mentions(body)
	for _, id := range devices {
		s.Devices = with(s.Devices, id, n.Devices[id])
	}
	for _, id := range apartments {
		s.Apartments = with(s.Apartments, id, n.Apartments[id])
	}
	if b, ok := body.(domain.DoorBody); ok {
		if name := n.Relays[RelayKey{b.DeviceID, b.Relay}]; name != "" {
			s.Relay, s.RelayOf, s.Number = name, named{ID: b.DeviceID}, b.Relay
		}
	}
	return s
}

// with adds a name that is one, once for each id.
func with(list []named, id [16]byte, name string) []named {
	if name == "" || slices.ContainsFunc(list, func(has named) bool { return has.ID == id }) {
		return list
	}
	return append(list, named{id, name})
}

func (s storedNames) names() Names {
	n := Names{Devices: map[domain.DeviceID]string{}, Apartments: map[domain.ApartmentID]string{}, Relays: map[RelayKey]string{}}
	for _, d := range s.Devices {
		n.Devices[d.ID] = d.Name
	}
	for _, a := range s.Apartments {
		n.Apartments[a.ID] = a.Name
	}
	if s.Relay != "" {
		n.Relays[RelayKey{s.RelayOf.ID, s.Number}] = s.Relay
	}
	return n
}
