package door

import (
	"time"

	"vestibule/agent/relay"
	"vestibule/shared/crashpoint"
	"vestibule/shared/domain"
)

// station owns a device's own relays: one ask after the other, let go by the device's timer.
type station struct {
	doors  *Doors
	jobs   chan *job
	driver relay.Timer
}

func (s *station) run() {
	for {
		select {
		case j := <-s.jobs:
			if j.claim() {
				j.done <- s.serve(j)
			}
		case <-s.doors.stop:
			interrupted(s.jobs)
			_ = s.driver.Close()
			return
		}
	}
}

func (s *station) serve(j *job) Outcome {
	if j.ctx.Err() != nil {
		return Outcome{Result: domain.ActExpired, Reason: domain.ReasonLate}
	}
	hold := time.Duration(0)
	if j.grant.Relay.Mode == domain.Momentary {
		hold = time.Duration(j.grant.Relay.HoldMilli) * time.Millisecond
	}
	crashpoint.Hit("door.before_write")
	err := s.driver.Pulse(j.ctx, relay.Channel{Number: j.grant.Relay.Number}, hold)
	crashpoint.Hit("door.after_write")
	return fromKind(j.ctx, relay.KindOf(err))
}
