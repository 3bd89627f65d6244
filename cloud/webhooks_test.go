package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/notice"
	"vestibule/cloud/presence"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/cloud/webhook"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// orders counts what is put into the queue.
type orders struct {
	mu sync.Mutex
	n  int
}

func (o *orders) Insert(context.Context, string, any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.n++
	return nil
}

// What agents tell reaches the webhooks of the site's organisation in the transaction that stores it, and nobody else's.
func TestWebhooks_HearOfDoorsCallsAndAgents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		queue := &orders{}
		out := &Cloud{store: s, cfg: Config{Logger: linktest.Logger()}}
		out.webhooks = webhook.New(webhook.Config{Store: s, Queue: queue, Notices: &notice.Service{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
		s.OnRecord(out.auditTold)
		var broken error
		c := linktest.New(t, s, linktest.Hooks{
			Events: func(cfg *eventlog.Config) {
				cfg.Also = func(ctx context.Context, site domain.SiteID, rows []eventlog.Stored) error {
					return errors.Join(out.eventsTold(ctx, site, rows), broken)
				}
			},
			Presence: func(cfg *presence.Config) { cfg.Also = out.agentTold },
		})
		_, stranger := c.NewSite("Elsewhere")
		var hooks []webhook.Webhook
		for _, who := range []account.Caller{c.Caller, stranger} {
			w, err := out.webhooks.Add(account.With(t.Context(), who), webhook.Webhook{Name: "Desk", URL: "https://93.184.215.14/", Kinds: webhook.Kinds(), Enabled: true})
			if err != nil {
				t.Fatal(err)
			}
			hooks = append(hooks, w)
		}
		b := c.NewBox(c.Site)
		b.Join()
		door := c.DoorPhone(b.ID, "Gate")
		upload := func(rows ...wire.Row) {
			t.Helper()
			if _, ok := b.Upload(rows...); ok == (broken != nil) {
				t.Fatalf("acknowledged: %v", ok)
			}
		}
		upload(
			b.Row(domain.EventDoor, domain.DoorBody{DeviceID: door.ID, Relay: 1, Means: domain.MeansDTMF, Result: domain.ActDone}),
			b.Row(domain.EventDoor, domain.DoorBody{DeviceID: door.ID, Relay: 1, Means: domain.MeansDTMF, Result: domain.ActRefused, Reason: domain.ReasonNotAllowed}),
			b.Row(domain.EventDoor, domain.DoorBody{DeviceID: door.ID, Relay: 1, Means: domain.MeansDTMF, Result: domain.ActUnknown}),
			b.Row(domain.EventCall, domain.CallBody{CallerID: door.ID, Dialled: "101", End: domain.EndNoAnswer}),
			b.Row(domain.EventConfig, domain.NoteBody{What: "applied"}),
		)
		b.Send(wire.KindEvents, wire.Events{Epoch: b.Epoch, Stream: domain.StreamStatus, Rows: []wire.Row{
			b.Row(domain.EventDeviceStatus, domain.StatusBody{DeviceID: door.ID}), b.Row(domain.EventDeviceStatus, domain.StatusBody{DeviceID: door.ID, Online: true}),
		}})
		if _, ok := linktest.Take[wire.Ack](b, wire.KindAck); !ok {
			t.Fatal("not acknowledged")
		}
		b.HangUp(true)
		c.Time.Move(10 * time.Minute)
		if err := c.Presence.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		told := func(who account.Caller, w webhook.Webhook) (kinds []string, gate string) {
			log, err := out.webhooks.Deliveries(account.With(t.Context(), who), w.ID, webhook.Page{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range log {
				kinds = append(kinds, string(d.Kind))
				var body struct {
					Site *struct{ Name string }
					Data struct {
						Body struct {
							Name string `json:"device_name"`
						}
					}
				}
				if err := json.Unmarshal([]byte(d.Body), &body); err != nil {
					t.Fatal(err)
				}
				if d.Kind == webhook.DoorOpened && body.Site != nil {
					gate = body.Site.Name + ": " + body.Data.Body.Name
				}
			}
			slices.Sort(kinds)
			return kinds, gate
		}
		want := []string{"agent.offline", "agent.online", "audit", "call.ended", "device.offline", "device.online", "door.failed", "door.opened", "door.refused"}
		if kinds, gate := told(c.Caller, hooks[0]); !slices.Equal(kinds, want) || gate != "Harbour Lane: Gate" || queue.n != len(want)+1 {
			t.Errorf("told %q of %q, %d orders", kinds, gate, queue.n)
		}
		if kinds, _ := told(stranger, hooks[1]); !slices.Equal(kinds, []string{"audit"}) {
			t.Errorf("the stranger hears %q", kinds) // of the webhook's own making alone
		}
		b.Join()
		before := queue.n
		broken = errors.New("disk full")
		upload(b.Row(domain.EventDoor, domain.DoorBody{DeviceID: door.ID, Relay: 1, Means: domain.MeansDTMF, Result: domain.ActDone}))
		if kinds, _ := told(c.Caller, hooks[0]); len(kinds) != len(want)+1 || queue.n == before {
			t.Errorf("of a row that is not stored: %q", kinds) // the agent that came back, no door
		}
	})
}

func TestSnake_WritesNamesAsTheAPIDoes(t *testing.T) {
	for name, want := range map[string]string{
		"ID": "id", "FirstName": "first_name", "ApartmentID": "apartment_id", "SIPUser": "sip_user", "DTMF": "dtmf", "HoldMilli": "hold_milli", "email": "email",
		"time_zone": "time_zone", "": "",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
