package configsync

import (
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Sizes and times of reports.
const (
	reportBytes = 40 << 10
	reportRows  = 400
	reportWait  = 5 * time.Second
	maxText     = 128 // characters of a device's own words; it may be hostile
)

// receipts is what every device has of the document, and what of it the cloud has not acknowledged. One report is in
// flight at a time and is sent again until it is acknowledged.
type receipts struct {
	now    map[domain.DeviceID]wire.DeviceReport
	dirty  map[domain.DeviceID]bool // changed since it was last put into a report
	unsure map[domain.DeviceID]bool // in the report that is in flight
	full   bool                     // the next report is the first of a full account
	tell   bool                     // the version held changed
	seq    uint64                   // of the last report
	conn   domain.ConnID            // of the session
	last   uint64                   // wire.Told of the last report, of whatever session; 0: this run has sent none
	sentAt time.Time
	flying bool

	trunk word[wire.TrunkReport]
	reach word[wire.Reach]
}

// word is what is told beside the devices, whenever it changed.
type word[T any] struct {
	now   *T   // nil: there is nothing to tell
	dirty bool // changed since it was last put into a report
	sent  bool // in the report that is in flight
}

func (w *word[T]) set(now T) { w.now, w.dirty = &now, true }

// begin tells it anew.
func (w *word[T]) begin() { w.dirty, w.sent = w.now != nil, false }

// again tells what was sent and not answered.
func (w *word[T]) again() { w.dirty, w.sent = w.dirty || w.sent, false }

// take gives what the next report carries; nil says nothing.
func (w *word[T]) take() *T {
	if !w.dirty {
		return nil
	}
	w.dirty, w.sent = false, true
	told := *w.now
	return &told
}

func newReceipts(stored []wire.DeviceReport) *receipts {
	r := &receipts{now: map[domain.DeviceID]wire.DeviceReport{}, dirty: map[domain.DeviceID]bool{}, unsure: map[domain.DeviceID]bool{}}
	for _, d := range stored {
		r.now[d.DeviceID] = d
	}
	return r
}

// set takes a device's receipt and tells whether anything but the time it was seen changed.
func (r *receipts) set(d wire.DeviceReport) bool {
	d.Address, d.Model, d.Firmware = clip(d.Address), clip(d.Model), clip(d.Firmware)
	before, known := r.now[d.DeviceID]
	r.now[d.DeviceID] = d
	before.SeenMilli = d.SeenMilli
	if known && before.Equal(d) {
		return false
	}
	r.dirty[d.DeviceID] = true
	return true
}

func clip(text string) string {
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText])
	}
	return text
}

// prune forgets the devices that keep does not name and lists them.
func (r *receipts) prune(keep func(domain.DeviceID) bool) []domain.DeviceID {
	var gone []domain.DeviceID
	for id := range r.now {
		if !keep(id) {
			gone = append(gone, id)
			delete(r.now, id)
			delete(r.dirty, id)
			delete(r.unsure, id)
		}
	}
	return gone
}

// begin starts a session. The cloud gets a full account, or only what is new when it names the last report as the one that it stored last.
func (r *receipts) begin(conn domain.ConnID, told uint64) {
	r.seq, r.conn, r.flying = 0, conn, false
	clear(r.unsure)
	if told != 0 && told == r.last {
		r.full, r.trunk.sent, r.reach.sent = false, false, false
		return
	}
	r.full, r.tell = true, true
	for id := range r.now {
		r.dirty[id] = true
	}
	r.trunk.begin()
	r.reach.begin()
}

// next gives the report that is due, if one is: new changes, or the one in flight again after a while.
func (r *receipts) next(held Held, now time.Time) (wire.Report, bool) {
	if r.flying && now.Sub(r.sentAt) < reportWait {
		return wire.Report{}, false
	}
	if r.flying { // unanswered: what it said is said again, with newer words where there are
		for id := range r.unsure {
			r.dirty[id] = true // said again
		}
		clear(r.unsure)
		r.trunk.again()
		r.reach.again()
		r.tell, r.flying = true, false
	}
	if !r.tell && !r.trunk.dirty && !r.reach.dirty && len(r.dirty) == 0 {
		return wire.Report{}, false
	}
	r.seq++
	r.last = wire.Told(r.conn, r.seq)
	report := wire.Report{Seq: r.seq, Version: held.Version, Hash: held.Hash, Rejected: held.Rejected}
	size := 0
	for id := range r.dirty {
		if len(report.Devices) >= reportRows || size > reportBytes {
			break
		}
		d := r.now[id]
		size += 96 + len(d.Address) + len(d.Model) + len(d.Firmware) + len(d.Reason) + 24*len(d.Withheld)
		report.Devices = append(report.Devices, d)
		r.unsure[id] = true
		delete(r.dirty, id)
	}
	// Full means that no device is missing: the cloud forgets the others. An account of several reports never says so.
	report.Full = r.full && len(r.dirty) == 0
	report.Trunk, report.Reach = r.trunk.take(), r.reach.take()
	r.tell, r.flying, r.sentAt = false, true, now
	return report, true
}

// acknowledged ends the report in flight.
func (r *receipts) acknowledged(seq uint64) {
	if r.flying && seq >= r.seq {
		r.flying, r.full, r.trunk.sent, r.reach.sent = false, false, false, false
		clear(r.unsure)
	}
}

// wake is when next has something to say again; zero when only a change does.
func (r *receipts) wake() time.Time {
	if r.flying {
		return r.sentAt.Add(reportWait)
	}
	return time.Time{}
}
