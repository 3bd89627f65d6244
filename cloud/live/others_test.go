package live_test

import (
	"encoding/json"
	"testing"

	"vestibule/cloud/live"
	"vestibule/shared/domain"
)

// Two replicas: a message that one publishes is heard by the readers of both, once, and goes round no further; a reader whose replica missed something is told.
func TestHub_ReplicasTellEachOther(t *testing.T) {
	var one, two live.Hub
	told := 0
	carry := func(to *live.Hub) func(live.Told) {
		return func(m live.Told) {
			told++
			raw, err := json.Marshal(m)
			var there live.Told
			if err == nil {
				err = json.Unmarshal(raw, &there)
			}
			if err != nil {
				t.Fatal(err)
			}
			to.Take(there)
		}
	}
	one.Relay(carry(&two))
	two.Relay(carry(&one))
	site, account := domain.SiteID{1}, domain.AccountID{2}
	here, leave := one.Subscribe(site, live.From{})
	defer leave()
	there, leave := two.Subscribe(site, live.From{})
	defer leave()
	concerns, leave := two.SubscribeAccount(account, live.From{})
	defer leave()
	one.Publish(site, "event", map[string]int{"n": 1})
	one.PublishAccount(account, "notice", 2)
	for name, messages := range map[string]<-chan live.Message{"here": here, "there": there} {
		m := <-messages
		if data, err := json.Marshal(m.Data); err != nil || m.Kind != "event" || string(data) != `{"n":1}` || len(messages) != 0 {
			t.Errorf("%s: %+v %s", name, m, data)
		}
	}
	if m := <-concerns; m.Kind != "notice" || told != 2 {
		t.Errorf("%+v, told %d times", m, told)
	}
	two.Missed()
	if m := <-there; m.Kind != live.Reset || len(here) != 0 {
		t.Errorf("%+v", m)
	}
}
