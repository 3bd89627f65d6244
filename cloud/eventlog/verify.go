package eventlog

import (
	"context"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// ChainKey names one chain of rows.
type ChainKey struct {
	Agent  domain.AgentID
	Epoch  domain.EpochID
	Stream domain.Stream
	Acked  uint64 // where the cursor stands
}

// Link is a stored row with the reason when it is a dead one, and the home that it tells of.
type Link struct {
	Row       wire.Row
	Reason    string
	Received  time.Time
	Apartment domain.ApartmentID
}

// Reset is a home that was given to the next tenant: what it had told before is erased.
type Reset struct {
	Apartment domain.ApartmentID `json:"apartment_id"`
	Name      string             `json:"apartment"`
	By        string             `json:"by"`
	At        time.Time          `json:"at"`
}

// Erased is what one reset took out of a chain.
type Erased struct {
	Reset
	Rows uint64 `json:"rows"`
}

// Finding is what verify says about one chain. Bad is empty when every row stands as it was written; else Seq is the first bad row, and Until, when it is
// set, the row up to which any may be the first: all of them were chained anew, and the agent's signature stands at their two ends alone.
type Finding struct {
	Agent    domain.AgentID `json:"agent_id"`
	Epoch    domain.EpochID `json:"epoch"`
	Stream   string         `json:"stream"`
	Rows     uint64         `json:"rows"`
	Erased   uint64         `json:"erased"`
	Erasures []Erased       `json:"erasures,omitempty"` // by whom and when
	Left     uint64         `json:"left,omitempty"`     // rows up to this number have left when their term was over: the chain begins on a checkpoint of its agent
	Aged     uint64         `json:"aged,omitempty"`     // rows whose bodies have left for the same reason
	Gaps     uint64         `json:"gaps,omitempty"`     // rows that stand for others, which the agent had to give up
	Anew     uint64         `json:"anew,omitempty"`     // how often the chain begins anew behind a hole, because the cloud was restored from a backup
	Signed   uint64         `json:"signed"`             // up to here the agent's signature vouches
	Bad      string         `json:"bad,omitempty"`      // missing, altered, forged or tampered (on arrival)
	Seq      uint64         `json:"seq,omitempty"`
	Until    uint64         `json:"until,omitempty"`
}

// Words of Finding.Bad.
const (
	BadMissing = "missing"
	BadAltered = "altered" // or emptied, without a reset of its home in the audit
	BadForged  = "forged"  // a checkpoint there was not signed by the agent
)

// Verify walks every chain of a site and names the first bad row of each.
func (s *Service) Verify(ctx context.Context, site domain.SiteID) ([]Finding, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return nil, err
	}
	keys, err := s.Store.Chains(ctx, site)
	if err != nil {
		return nil, err
	}
	resets, err := s.Store.Resets(ctx, site)
	if err != nil {
		return nil, err
	}
	terms, err := s.termsOf(ctx, site)
	if err != nil {
		return nil, err
	}
	out := make([]Finding, 0, len(keys))
	for _, key := range keys {
		f, err := s.walk(ctx, key, resets, terms)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// pageRows is how many rows of a chain are in memory at once.
const pageRows = 1000

// keptDigests is how far a gap row may reach back over stored rows.
const keptDigests = 4096

func (s *Service) walk(ctx context.Context, key ChainKey, resets []Reset, terms []Term) (Finding, error) {
	now, _ := s.Clock.Now()
	w := walker{key: key, resets: resets, terms: terms, youngest: now.AddDate(0, 0, -LeastDays), Finding: Finding{Agent: key.Agent, Epoch: key.Epoch, Stream: streamNames[key.Stream]}}
	w.past = map[uint64][32]byte{0: {}}
	if err := s.load(ctx, &w); err != nil || w.Bad != "" {
		return w.Finding, err
	}
	for w.Bad == "" {
		rows, err := s.Store.ChainRows(ctx, key, w.at, pageRows)
		if err != nil {
			return w.Finding, err
		}
		for _, l := range rows {
			if w.check(l); w.Bad != "" {
				return w.Finding, nil
			}
		}
		if len(rows) < pageRows {
			break
		}
	}
	last := key.Acked
	if n := len(w.signed); n > 0 {
		last = max(last, w.signed[n-1].Seq)
	}
	if w.Bad == "" && w.at < last {
		w.Bad, w.Seq = BadMissing, w.at+1
	}
	return w.Finding, nil
}

// load gives the walker what the agent signed about its chain.
func (s *Service) load(ctx context.Context, w *walker) error {
	var floor wire.Checkpoint
	var found bool
	var err error
	if s.Shelf != nil {
		if floor, found, err = s.Shelf.Floor(ctx, w.key); err != nil {
			return err
		}
	}
	vouches := func(string, []byte, []byte) bool { return true }
	if s.Keys != nil {
		if vouches, err = s.Keys.Vouches(ctx, w.key.Agent); err != nil {
			return err
		}
	}
	if found {
		w.begin(floor, vouches(wire.CheckpointContext, floor.Message(w.key.Agent, w.key.Epoch, w.key.Stream), floor.Signature))
	}
	if s.Keys == nil {
		return nil
	}
	list, err := s.Store.Checkpoints(ctx, w.key)
	for _, c := range list {
		ok := vouches(wire.CheckpointContext, c.Message(w.key.Agent, w.key.Epoch, w.key.Stream), c.Signature)
		w.signed = append(w.signed, signed{c, ok})
	}
	return err
}

// signed is a checkpoint and whether the agent's key made it.
type signed struct {
	wire.Checkpoint
	ok bool
}

// walker follows one chain.
type walker struct {
	Finding
	key    ChainKey
	resets []Reset
	terms  []Term
	signed []signed // those that lie ahead
	at     uint64   // last number seen
	last   [32]byte
	past   map[uint64][32]byte

	youngest time.Time // no term explains what is younger
}

// begin starts the chain on the checkpoint up to which its rows have left: the agent signed it before their terms were over.
func (w *walker) begin(floor wire.Checkpoint, ok bool) {
	switch over := w.over(wholeUntil(w.terms, w.key.Stream)); {
	case !ok:
		w.Bad, w.Seq = BadForged, floor.Seq
	case !time.UnixMilli(floor.AtMilli).Before(over):
		w.Bad, w.Seq = BadMissing, 1
	default:
		w.Left, w.Signed = floor.Seq, floor.Seq
		w.at, w.last = floor.Seq, floor.Digest
		w.past[floor.Seq] = floor.Digest
	}
}

// over is until when a term may be over.
func (w *walker) over(until time.Time) time.Time {
	if until.After(w.youngest) {
		return w.youngest
	}
	return until
}

// check takes the next row: it must follow, its digest must fit, and a body that is there must be the one it was written with; one that is not there
// must have been erased with its home. The agent's signature must stand on the digest of its row.
func (w *walker) check(l Link) {
	r := l.Row
	first := r.Seq
	if r.From != 0 {
		first = r.From
	}
	bad := func(word string, seq uint64) { w.Bad, w.Seq = word, seq }
	if l.Reason == Tampered {
		bad(Tampered, r.Seq)
		return
	}
	if first > w.at+1 {
		bad(BadMissing, w.at+1)
		return
	}
	before := w.last
	if first <= w.at {
		before = w.past[first-1]
	}
	if wire.Chain(w.key.Agent, w.key.Epoch, w.key.Stream, before, r) != r.Digest {
		if !beginsAnew(w.key.Agent, w.key.Epoch, w.key.Stream, r) {
			bad(BadAltered, r.Seq)
			return
		}
		w.Anew++
	}
	if !w.body(l) {
		bad(BadAltered, r.Seq)
		return
	}
	if !w.vouched(r) {
		return
	}
	if r.From != 0 {
		w.Gaps++
	}
	w.Rows++
	w.at, w.last = r.Seq, r.Digest
	w.past[r.Seq] = r.Digest
	delete(w.past, r.Seq-min(r.Seq, keptDigests))
}

// body tells whether a row's body is the one it was written with, or was erased by a reset of its home that the audit knows, or left when its term was over.
func (w *walker) body(l Link) bool {
	if len(l.Row.Body) > 0 || l.Row.Salt != ([16]byte{}) {
		return wire.HashBody(l.Row.Salt, l.Row.Body) == l.Row.BodyHash
	}
	for _, reset := range w.resets {
		if l.Apartment.IsZero() || reset.Apartment != l.Apartment || reset.At.UnixMilli() <= l.Row.WallMilli {
			continue
		}
		w.Erased++
		for i := range w.Erasures {
			if w.Erasures[i].Reset == reset {
				w.Erasures[i].Rows++
				return true
			}
		}
		w.Erasures = append(w.Erasures, Erased{Reset: reset, Rows: 1})
		return true
	}
	if l.Received.Before(w.over(untilOf(w.terms, l.Row.Kind))) {
		w.Aged++
		return true
	}
	return false
}

// vouched looks at the checkpoints up to a row.
func (w *walker) vouched(r wire.Row) bool {
	for len(w.signed) > 0 && w.signed[0].Seq <= r.Seq {
		c := w.signed[0]
		w.signed = w.signed[1:]
		switch {
		case !c.ok:
			w.Bad, w.Seq = BadForged, c.Seq
			return false
		case c.Seq != r.Seq || c.Digest != r.Digest:
			w.Bad, w.Seq, w.Until = BadAltered, w.Signed+1, c.Seq
			return false
		}
		w.Signed = c.Seq
	}
	return true
}
