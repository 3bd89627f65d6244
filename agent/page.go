package agent

import (
	"context"
	"sync/atomic"
	"time"

	"vestibule/agent/enroll"
	"vestibule/agent/health"
	"vestibule/agent/lanapi"
	"vestibule/agent/store"
	"vestibule/shared/domain"
)

// claims lets the page claim the agent.
type claims struct{ a *Agent }

// Claimed tells whether the agent belongs to a site.
func (c claims) Claimed() bool {
	select {
	case <-c.a.claimed:
		return true
	default:
		return false
	}
}

// Claim uses what was typed or pasted; the page makes its PIN itself.
func (c claims) Claim(ctx context.Context, claim lanapi.Claim) error {
	_, err := c.a.claimer.Claim(ctx, enroll.Request{Link: claim.Link, Address: claim.Address, Code: claim.Code})
	if err == nil {
		c.a.markClaimed()
	}
	return err
}

// knowledge is what the page shows once the building runs.
func (a *Agent) knowledge() (lanapi.Knowledge, bool) {
	h := a.house.Load()
	if h == nil {
		return lanapi.Knowledge{}, false
	}
	return lanapi.Knowledge{
		Agent: h.id.Agent, View: h.sync.Current, Link: h.linkLine, Devices: h.sync.Receipts, Calls: a.calls, Doors: h.doors, Log: h.outbox,
		Verify: a.verify,
	}, true
}

func (h *house) linkLine() lanapi.Link {
	s := h.link.Status()
	line := lanapi.Link{Up: s.Online(), Since: s.Since, Cloud: h.id.Broker, Word: s.State}
	if s.Refused != "" {
		line.Word = string(s.Refused)
	}
	return line
}

func (a *Agent) calls(ctx context.Context) ([]lanapi.Call, error) {
	stored, err := a.store.Calls(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]lanapi.Call, 0, len(stored))
	for _, c := range stored {
		out = append(out, lanapi.Call{At: c.At, Body: c.Body})
	}
	return out, nil
}

// memory keeps what discovery found over a restart.
type memory struct{ store *store.Store }

// Remember stores the newest finding of a device.
func (m memory) Remember(ctx context.Context, mac domain.MAC, body []byte, seen time.Time) error {
	return m.store.PutFact(ctx, store.Fact{MAC: mac, Body: body, Seen: seen})
}

// Remembered gives every stored finding.
func (m memory) Remembered(ctx context.Context) (map[domain.MAC][]byte, error) {
	facts, err := m.store.Facts(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[domain.MAC][]byte, len(facts))
	for _, f := range facts {
		out[f.MAC] = f.Body
	}
	return out, nil
}

// lateLog is the event log for parts that live before the claim; until then there is nobody to tell.
type lateLog struct{ log atomic.Pointer[health.Log] }

func (l *lateLog) set(log health.Log) { l.log.Store(&log) }

// Append passes the row on.
func (l *lateLog) Append(ctx context.Context, kind domain.EventKind, body any) error {
	if log := l.log.Load(); log != nil {
		return (*log).Append(ctx, kind, body)
	}
	return nil
}
