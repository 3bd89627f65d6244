package live

import (
	"encoding/json"

	"vestibule/shared/domain"
)

// Told is a message as one replica of the cloud tells it to the others: about a site or about an account.
type Told struct {
	Site    domain.SiteID    `json:"site,omitzero"`
	Account domain.AccountID `json:"account,omitzero"`
	Kind    string           `json:"kind"`
	Data    json.RawMessage  `json:"data"`
}

// Relay sets who hears of every message that is published here; it must not block. Without it this replica is alone.
func (h *Hub) Relay(tell func(Told)) { h.tell.Store(&tell) }

func (h *Hub) relay(about topic, kind string, data any) {
	tell := h.tell.Load()
	if tell == nil {
		return
	}
	t := Told{Site: about.site, Account: about.account, Kind: kind}
	var err error
	if t.Data, err = json.Marshal(data); err != nil {
		t.Kind, t.Data = Reset, nil // it cannot be written to a reader either
	}
	(*tell)(t)
}

// Take publishes here what another replica told.
func (h *Hub) Take(t Told) { h.publish(topic{t.Site, t.Account}, t.Kind, t.Data) }

// Missed tells every reader that messages of other replicas may be lost.
func (h *Hub) Missed() {
	h.start()
	h.mu.Lock()
	var all []topic
	for about, r := range h.rooms {
		if len(r.subscribers) > 0 {
			all = append(all, about)
		}
	}
	h.mu.Unlock()
	for _, about := range all {
		h.publish(about, Reset, struct{}{})
	}
}
