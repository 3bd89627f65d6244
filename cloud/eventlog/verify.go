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

// Link is a stored row with the reason when it is a dead one.
type Link struct {
	Row      wire.Row
	Reason   string
	Received time.Time
}

// Finding is what verify says about one chain. Bad is empty when every row stands as it was written; else Seq is the first bad row.
type Finding struct {
	Agent  domain.AgentID `json:"agent_id"`
	Epoch  domain.EpochID `json:"epoch"`
	Stream string         `json:"stream"`
	Rows   uint64         `json:"rows"`
	Erased uint64         `json:"erased"`
	Anew   uint64         `json:"anew,omitempty"` // how often the chain begins anew behind a hole, because the cloud was restored from a backup
	Bad    string         `json:"bad,omitempty"`  // missing, altered or tampered (on arrival)
	Seq    uint64         `json:"seq,omitempty"`
}

// Words of Finding.Bad.
const (
	BadMissing = "missing"
	BadAltered = "altered"
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
	out := make([]Finding, 0, len(keys))
	for _, key := range keys {
		f, err := s.walk(ctx, key)
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

func (s *Service) walk(ctx context.Context, key ChainKey) (Finding, error) {
	w := walker{key: key, Finding: Finding{Agent: key.Agent, Epoch: key.Epoch, Stream: streamNames[key.Stream]}}
	w.past = map[uint64][32]byte{0: {}}
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
	if w.Bad == "" && w.at < key.Acked {
		w.Bad, w.Seq = BadMissing, w.at+1
	}
	return w.Finding, nil
}

// walker follows one chain.
type walker struct {
	Finding
	key  ChainKey
	at   uint64 // last number seen
	last [32]byte
	past map[uint64][32]byte
}

// check takes the next row: it must follow, its digest must fit, and a body that is there must be the one it was written with.
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
	if len(r.Body) == 0 && r.Salt == ([16]byte{}) {
		w.Erased++
	} else if wire.HashBody(r.Salt, r.Body) != r.BodyHash {
		bad(BadAltered, r.Seq)
		return
	}
	w.Rows++
	w.at, w.last = r.Seq, r.Digest
	w.past[r.Seq] = r.Digest
	delete(w.past, r.Seq-min(r.Seq, keptDigests))
}
