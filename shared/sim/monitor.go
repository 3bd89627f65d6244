package sim

import (
	"context"
	"time"
)

// Monitor is a simulated indoor monitor. It rings and leaves the rest to its controls.
type Monitor struct{ *Device }

func newMonitor(cfg MonitorConfig) (*Monitor, error) {
	d, err := newDevice(kindMonitor, cfg.DeviceConfig)
	if err != nil {
		return nil, err
	}
	d.answerAfter = time.Duration(cfg.AnswerAfterMillis) * time.Millisecond
	return &Monitor{d}, nil
}

// Answer takes the ringing call and returns when the caller has acknowledged it; the answer may lose the race against
// another monitor.
func (d *Device) Answer(ctx context.Context) error {
	s, err := d.open()
	if err != nil {
		return err
	}
	if err := d.accept(s); err != nil {
		return err
	}
	return d.Wait(ctx, func(st State) bool {
		for _, step := range st.Call().Steps {
			if step.What == "ACK" {
				return true
			}
		}
		return !st.InCall()
	})
}

// Decline refuses the ringing call with a status such as 486 or 603; 0 = 603.
func (d *Device) Decline(status int) error {
	s, err := d.open()
	if err != nil {
		return err
	}
	if status == 0 {
		status = 603
	}
	reason := "Decline"
	if status == 486 {
		reason = "Busy Here"
	}
	return s.call.Reject(status, reason)
}

// SetAnswerAfter makes the monitor answer each later call by itself after that time; 0 ends it.
func (m *Monitor) SetAnswerAfter(after time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answerAfter = after
}

// Cancels counts the incoming calls that were cancelled.
func (m *Monitor) Cancels() int { return m.State().Cancels }
