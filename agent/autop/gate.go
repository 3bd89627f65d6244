package autop

import (
	"encoding/json"
	"sync"
	"time"

	"vestibule/shared/domain"
)

// gate remembers in which pairing window each device got its secrets, over restarts too.
type gate struct {
	save func([]byte) error

	mu     sync.Mutex
	served map[domain.DeviceID]int64 // end of the window
	told   map[domain.DeviceID]int64 // of which a second fetch was told
}

func newGate(stored []byte, save func([]byte) error) *gate {
	g := &gate{save: save, served: map[domain.DeviceID]int64{}, told: map[domain.DeviceID]int64{}}
	var kept map[string]int64
	if json.Unmarshal(stored, &kept) == nil {
		for text, until := range kept {
			if id, err := domain.ParseID[domain.DeviceID](text); err == nil {
				g.served[id] = until
			}
		}
	}
	return g
}

// verdict is what a fetch may carry.
type verdict struct {
	secrets bool
	again   bool // the secrets of this window are gone already: somebody else has them
}

// ask decides a fetch of a device whose window ends at until. That the secrets leave is stored before they do; when it cannot be, they stay.
func (g *gate) ask(id domain.DeviceID, until int64, now time.Time) verdict {
	if until <= now.UnixMilli() {
		return verdict{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.served[id] == until {
		again := g.told[id] != until
		g.told[id] = until
		return verdict{again: again}
	}
	before := g.served[id]
	g.served[id] = until
	if err := g.keep(now); err != nil {
		g.served[id] = before
		return verdict{}
	}
	return verdict{secrets: true}
}

// keep stores the windows that have not ended.
func (g *gate) keep(now time.Time) error {
	kept := map[string]int64{}
	for id, until := range g.served {
		if until > now.UnixMilli() {
			kept[id.String()] = until
		} else {
			delete(g.served, id)
			delete(g.told, id)
		}
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return g.save(raw)
}
