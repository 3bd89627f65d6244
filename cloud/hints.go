package cloud

import (
	"encoding/json"
	"time"

	"vestibule/cloud/hub"
	"vestibule/cloud/live"
	"vestibule/cloud/seal"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// hint is what one replica tells the others so that nobody waits for the next look into the database.
type hint struct {
	From  domain.ConnID    `json:"from"` // names this run
	Live  *live.Told       `json:"live,omitempty"`
	Ended domain.CommandID `json:"ended,omitzero"` // this command has a result
}

// hintPurpose seals hints: they hold what is at rest in the database, which brokers are not, and only a replica may speak to portals.
const hintPurpose = "hint of a replica"

// hints connects the replicas on one broker; a broker inside has one.
func (c *Cloud) hints(key *seal.Key) {
	peers, ok := c.hub.(hub.Peers)
	if !ok {
		return
	}
	self := domain.NewID[domain.ConnID](time.Now())
	c.tellOthers = func(h hint) {
		h.From = self
		data, err := json.Marshal(h)
		if err == nil {
			data, err = key.Seal(hintPurpose, data)
		}
		if err == nil && len(data) > wire.MaxMessage && h.Live != nil {
			c.tellOthers(hint{Live: &live.Told{Site: h.Live.Site, Account: h.Live.Account, Kind: live.Reset, Data: json.RawMessage("{}")}})
			return
		}
		if err != nil {
			c.cfg.Logger.Error("other replicas are not told", logkey.Err, err)
			return
		}
		peers.Tell(data)
	}
	c.live.Relay(func(t live.Told) { c.tellOthers(hint{Live: &t}) })
	peers.Hear(func(data []byte) { c.hear(key, self, data) }, c.live.Missed)
}

// hear takes what a replica told, unless it was ourselves.
func (c *Cloud) hear(key *seal.Key, self domain.ConnID, data []byte) {
	plain, err := key.Open(hintPurpose, data)
	var h hint
	if err == nil {
		err = json.Unmarshal(plain, &h)
	}
	if err != nil {
		c.cfg.Logger.Warn("not a hint of a replica", logkey.Bytes, len(data), logkey.Err, err)
		return
	}
	if h.From == self {
		return
	}
	if h.Live != nil {
		c.live.Take(*h.Live)
	}
	if !h.Ended.IsZero() {
		c.commands.Wake(h.Ended)
	}
}

// commandEnded wakes who waits for a command at another replica.
func (c *Cloud) commandEnded(id domain.CommandID) {
	if c.tellOthers != nil {
		c.tellOthers(hint{Ended: id})
	}
}
