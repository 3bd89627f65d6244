package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"vestibule/agent/configsync"
	"vestibule/agent/outbox"
	"vestibule/agent/remote"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var (
	_ outbox.Shelf     = (*disk)(nil)
	_ configsync.Shelf = (*disk)(nil)
	_ remote.Journal   = (*disk)(nil)
)

// disk is an agent's store.
type disk struct {
	memory
	truth *truth

	generation uint32
	counter    uint64

	marks outbox.Marks
	rows  map[domain.Stream]map[uint64]wire.Row
	gone  []wire.Row // removed by the open transaction
	kept  map[domain.Stream]map[keptPlace]outbox.Kept

	held      configsync.Held
	document  *desired.Document
	good      *desired.Document
	starts    []time.Time
	receipts  map[domain.DeviceID]wire.DeviceReport
	acts      map[domain.CommandID]act
	nextEntry int
}

// keptPlace is where a checkpoint of the outbox lies; floors and heads lie at 0.
type keptPlace struct {
	kind outbox.Kind
	seq  uint64
}

// act is one command of the journal.
type act struct {
	remote.Entry
	at   int // order of arrival
	told bool
}

func newDisk(t *truth, epoch domain.EpochID) *disk {
	d := &disk{
		truth: t, generation: 1,
		marks:    outbox.Marks{Epoch: epoch, Audit: outbox.Mark{Stream: domain.StreamAudit}, Status: outbox.Mark{Stream: domain.StreamStatus}},
		rows:     map[domain.Stream]map[uint64]wire.Row{domain.StreamAudit: {}, domain.StreamStatus: {}},
		kept:     map[domain.Stream]map[keptPlace]outbox.Kept{domain.StreamAudit: {}, domain.StreamStatus: {}},
		document: desired.New(), good: desired.New(),
		receipts: map[domain.DeviceID]wire.DeviceReport{}, acts: map[domain.CommandID]act{},
	}
	d.held.Hash, d.held.GoodHash = d.document.Hash(), d.document.Hash()
	return d
}

// copy is a backup of the disk.
func (d *disk) copy() *disk {
	twin := *d
	twin.memory = memory{}
	twin.rows = map[domain.Stream]map[uint64]wire.Row{}
	for s, rows := range d.rows {
		twin.rows[s] = maps.Clone(rows)
	}
	twin.kept = map[domain.Stream]map[keptPlace]outbox.Kept{}
	for s, kept := range d.kept {
		twin.kept[s] = maps.Clone(kept)
	}
	twin.starts, twin.receipts, twin.acts = slices.Clone(d.starts), maps.Clone(d.receipts), maps.Clone(d.acts)
	return &twin
}

// NextCounter raises the fence.
func (d *disk) NextCounter() (generation uint32, counter uint64, err error) {
	err = d.change(func() { set(&d.memory, &d.counter, d.counter+1) })
	return d.generation, d.counter, err
}

// JumpFence lifts the fence above another one.
func (d *disk) JumpFence(generation uint32, fence uint64) error {
	return d.change(func() {
		set(&d.memory, &d.counter, max(d.counter, fence))
		set(&d.memory, &d.generation, max(d.generation, generation))
	})
}

func (d *disk) Marks(context.Context) (outbox.Marks, error) { return d.marks, nil }

func (d *disk) SetMark(_ context.Context, m outbox.Mark) error {
	return d.change(func() { set(&d.memory, d.marks.Of(m.Stream), m) })
}

func (d *disk) SetEpoch(_ context.Context, epoch domain.EpochID) error {
	return d.change(func() { set(&d.memory, &d.marks.Epoch, epoch) })
}

func (d *disk) PutRow(_ context.Context, s domain.Stream, r wire.Row) (int64, error) {
	raw, err := wire.Marshal(r)
	if err != nil {
		return 0, err
	}
	return int64(len(raw)), d.change(func() {
		put(&d.memory, d.rows[s], r.Seq, r)
		var gap domain.GapBody
		switch {
		case r.Kind != domain.EventGap:
			d.atCommit(func() { d.truth.accepted(d, r) })
		case wire.Unmarshal(r.Body, &gap) == nil && gap.Reason == domain.GapFull:
			gone := d.gone
			d.atCommit(func() { d.truth.givenUp(gone) })
		}
	})
}

func (d *disk) Rows(_ context.Context, s domain.Stream, after uint64, most int, mostBytes int64) ([]wire.Row, error) {
	var out []wire.Row
	for n := after + 1; n <= d.marks.Of(s).Last && len(out) < most; n++ {
		r, ok := d.rows[s][n]
		if !ok {
			continue
		}
		if mostBytes -= int64(300 + len(r.Body)); mostBytes < 0 && len(out) > 0 {
			break
		}
		out = append(out, r)
	}
	return out, nil
}

func (d *disk) DropRows(_ context.Context, s domain.Stream, from, to uint64) (count, bytes int64, err error) {
	err = d.change(func() {
		set(&d.memory, &d.gone, nil)
		for n := from; n <= to; n++ {
			r, ok := d.rows[s][n]
			if !ok {
				continue
			}
			raw, _ := wire.Marshal(r)
			count, bytes, d.gone = count+1, bytes+int64(len(raw)), append(d.gone, r)
			drop(&d.memory, d.rows[s], n)
		}
	})
	return count, bytes, err
}

func (d *disk) PutKept(_ context.Context, k outbox.Kept) error {
	at := keptPlace{kind: k.Kind}
	if k.Kind == outbox.Hole {
		at.seq = k.Seq
	}
	return d.change(func() { put(&d.memory, d.kept[k.Stream], at, k) })
}

func (d *disk) Kept(_ context.Context, s domain.Stream) ([]outbox.Kept, error) {
	return slices.SortedFunc(maps.Values(d.kept[s]), func(a, b outbox.Kept) int { return cmp.Compare(a.Seq, b.Seq) }), nil
}

func (d *disk) DropKept(_ context.Context, s domain.Stream, from, to uint64) error {
	return d.change(func() {
		for at, k := range d.kept[s] {
			if from <= k.Seq && k.Seq <= to {
				drop(&d.memory, d.kept[s], at)
			}
		}
	})
}

func (d *disk) Quarantine(_ context.Context, _ domain.EpochID, _ domain.Stream, r wire.Row, reason string) error {
	d.truth.w.broke("row %d of agent %d is put aside: %s", r.Seq, d.truth.owner(d), reason)
	return nil
}

func (d *disk) PutCall(context.Context, int64, domain.CallBody) error { return nil }

func (d *disk) Document(context.Context) (configsync.Held, *desired.Document, error) {
	return d.held, d.document.Clone(), nil
}

func (d *disk) SaveVersion(_ context.Context, version uint64, hash desired.Hash, ops []desired.Op) error {
	return d.change(func() {
		next := d.document.Clone()
		for _, op := range ops {
			if len(op.Body) == 0 {
				next.Delete(op.Section, op.Key)
			} else {
				next.Put(op.Section, op.Key, op.Body)
			}
		}
		held := d.held
		held.Version, held.Hash = version, hash
		set(&d.memory, &d.document, next)
		set(&d.memory, &d.held, held)
	})
}

func (d *disk) MarkGood(context.Context) error {
	return d.change(func() {
		held := d.held
		held.Good, held.GoodHash = held.Version, held.Hash
		set(&d.memory, &d.held, held)
		set(&d.memory, &d.good, d.document)
		set(&d.memory, &d.starts, nil)
	})
}

func (d *disk) FallBack(context.Context) error {
	return d.change(func() {
		held := d.held
		held.Rejected, held.Version, held.Hash = held.Version, held.Good, held.GoodHash
		set(&d.memory, &d.held, held)
		set(&d.memory, &d.document, d.good)
		set(&d.memory, &d.starts, nil)
	})
}

// Reject is never right here: every version is one that an agent can run.
func (d *disk) Reject(_ context.Context, version uint64) error {
	d.truth.w.broke("agent %d rejects version %d", d.truth.owner(d), version)
	return d.change(func() { set(&d.memory, &d.held.Rejected, version) })
}

func (d *disk) NoteStart(_ context.Context, _ uint64, now, since time.Time) (int, error) {
	starts := []time.Time{now}
	for _, at := range d.starts {
		if !at.Before(since) {
			starts = append(starts, at)
		}
	}
	return len(starts), d.change(func() { set(&d.memory, &d.starts, starts) })
}

func (d *disk) ForgetStarts(context.Context) error {
	return d.change(func() { set(&d.memory, &d.starts, nil) })
}

func (d *disk) SaveTrust(context.Context, [][]byte, [][]byte) error { return nil }

func (d *disk) PutReceipt(_ context.Context, r wire.DeviceReport) error {
	return d.change(func() { put(&d.memory, d.receipts, r.DeviceID, r) })
}

func (d *disk) DropReceipt(_ context.Context, device [16]byte) error {
	return d.change(func() { drop(&d.memory, d.receipts, domain.DeviceID(device)) })
}

func (d *disk) Receipts(context.Context) ([]wire.DeviceReport, error) {
	return slices.Collect(maps.Values(d.receipts)), nil
}

func (d *disk) Entry(_ context.Context, id domain.CommandID) (remote.Entry, bool, error) {
	a, ok := d.acts[id]
	return a.Entry, ok, nil
}

func (d *disk) Start(_ context.Context, e remote.Entry) (bool, error) {
	if _, ok := d.acts[e.ID]; ok {
		return false, nil
	}
	d.nextEntry++
	err := d.change(func() { put(&d.memory, d.acts, e.ID, act{Entry: e, at: d.nextEntry}) })
	if c := d.truth.commands[e.ID]; err != nil && c != nil {
		c.unkept = true // the door is opened all the same; a crash then takes the only memory of it
	}
	return true, err
}

func (d *disk) Finish(_ context.Context, e remote.Entry) (bool, error) {
	a, ok := d.acts[e.ID]
	switch {
	case !ok:
		d.nextEntry++
		a = act{Entry: e, at: d.nextEntry}
	case a.Result != "":
		return false, nil
	default:
		a.Result, a.Reason = e.Result, e.Reason
	}
	return true, d.change(func() { put(&d.memory, d.acts, e.ID, a) })
}

// list gives entries of the journal in the order of their arrival.
func (d *disk) list(want func(act) bool) []remote.Entry {
	var found []act
	for _, a := range d.acts {
		if want(a) {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b act) int { return a.at - b.at })
	var out []remote.Entry
	for _, a := range found {
		out = append(out, a.Entry)
	}
	return out
}

func (d *disk) Open(context.Context) ([]remote.Entry, error) {
	return d.list(func(a act) bool { return !a.told && a.Result == "" }), nil
}

func (d *disk) Untold(context.Context) ([]remote.Entry, error) {
	return d.list(func(a act) bool { return !a.told && a.Result != "" }), nil
}

func (d *disk) Told(_ context.Context, id domain.CommandID) error {
	a, ok := d.acts[id]
	if !ok {
		return nil
	}
	a.told = true
	return d.change(func() { put(&d.memory, d.acts, id, a) })
}

func (d *disk) Forget(context.Context, time.Time) error { return nil }
