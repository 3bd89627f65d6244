package provision

import "vestibule/shared/domain"

// Restarting says that the device has taken the order to restart: it is away until it answers again.
type Restarting struct{}

func (Restarting) input() {}

func (t *turn) restarting() {
	if !t.Manual || t.Watched {
		t.present(false)
		t.Due = t.now.Add(probeEvery)
	}
}

// Restarting says that a device has taken the order to restart. Moved tells when it is back.
func (c *Converger) Restarting(id domain.DeviceID) {
	c.mu.Lock()
	w := c.workers[id]
	c.mu.Unlock()
	if w != nil {
		w.nudge(gone)
	}
}
