package door

import (
	"context"
	"sync/atomic"

	"vestibule/agent/access"
	"vestibule/agent/relay"
	"vestibule/shared/domain"
)

// job is one granted ask on its way to the owner of a wire.
type job struct {
	ctx   context.Context //nolint:containedctx // the asker's patience travels with the ask
	grant access.Grant    // of a door
	board domain.Board    // zero: the device's own relay
	turn  *turn           // in place of a door
	taken atomic.Bool
	done  chan Outcome // room for one
}

// turn is a channel to put on or off.
type turn struct {
	channel int
	on      bool
}

// claim tells whether the caller is the first to take the job: the owner to do it, or the asker to drop it.
func (j *job) claim() bool { return j.taken.CompareAndSwap(false, true) }

// maxWaiting is how many asks may wait for one wire; more come from a fault, not from people.
const maxWaiting = 16

// enqueue hands the job to its owner; false when there is none any more or its queue is full.
func (d *Doors) enqueue(j *job) bool {
	var jobs chan *job
	if !j.board.ID.IsZero() {
		if b := d.board(j.board.Line()); b != nil {
			jobs = b.jobs
		}
	} else if s := d.station(j.grant.Device.ID); s != nil {
		jobs = s.jobs
	}
	if jobs == nil {
		return false
	}
	select {
	case jobs <- j:
		return true
	default:
		return false
	}
}

// board gives the owner of a line, started at its first use; nil after the end of Run.
func (d *Doors) board(line domain.Line) *board {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return nil
	}
	b := d.boards[line]
	if b == nil {
		b = newBoard(d, line)
		d.boards[line] = b
		d.owners.Go(b.run)
	}
	return b
}

// station gives the owner of a device's own relays, as board does.
func (d *Doors) station(id domain.DeviceID) *station {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return nil
	}
	s := d.devices[id]
	if s == nil {
		s = &station{doors: d, jobs: make(chan *job, maxWaiting), driver: d.cfg.Devices(id)}
		d.devices[id] = s
		d.owners.Go(s.run)
	}
	return s
}

// fromKind says what a driver's error means for the one who asked.
func fromKind(ctx context.Context, kind relay.Kind) Outcome {
	switch kind {
	case "":
		return Outcome{Result: domain.ActDone}
	case relay.Refused:
		return Outcome{Result: domain.ActFailed, Reason: domain.ReasonDevice}
	case relay.Unreachable:
		if ctx.Err() != nil {
			return Outcome{Result: domain.ActExpired, Reason: domain.ReasonLate}
		}
		return Outcome{Result: domain.ActFailed, Reason: domain.ReasonUnreachable}
	}
	return Outcome{Result: domain.ActUnknown, Reason: domain.ReasonTimeout}
}

// interrupted answers the jobs that still wait when the agent stops.
func interrupted(jobs chan *job) {
	for {
		select {
		case j := <-jobs:
			if j.claim() {
				j.done <- Outcome{Result: domain.ActFailed, Reason: domain.ReasonInterrupted}
			}
		default:
			return
		}
	}
}
