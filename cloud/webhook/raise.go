package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Job is the name under which deliveries stand in the queue.
const Job = "webhook"

// Happening is something that webhooks may want to hear of: of a site, or of an organisation, or of both.
type Happening struct {
	Kind Kind
	Org  domain.OrgID
	Site domain.SiteID
	At   time.Time
	Data any // becomes JSON; holds no secret
}

// wantedFor is how long it may take until another replica's new webhook is heard of here.
const wantedFor = 5 * time.Second

// maxBody bounds a body; data beyond it is left out.
const maxBody = 256 << 10

// Raise notes happenings for whoever wants them, in the transaction of ctx: they are delivered if and only if it commits. While nobody on
// the platform wants a kind this costs nothing but a look into memory.
func (s *Service) Raise(ctx context.Context, happenings ...Happening) error {
	for _, h := range happenings {
		wanted, err := s.wants(ctx, h.Kind)
		if err != nil {
			return err
		}
		if !wanted {
			continue
		}
		hooks, err := s.cfg.Store.WantingHooks(ctx, h.Kind, h.Org, h.Site)
		if err != nil {
			return err
		}
		for _, w := range hooks {
			if _, err := s.note(ctx, w, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// Any tells whether anybody wants anything, for callers who would have to work for a happening.
func (s *Service) Any(ctx context.Context) (bool, error) {
	all, err := s.wanting(ctx)
	return len(all) > 0, err
}

func (s *Service) wants(ctx context.Context, kind Kind) (bool, error) {
	all, err := s.wanting(ctx)
	return all[kind], err
}

// wanting gives what is wanted; the map is never written to again.
func (s *Service) wanting(ctx context.Context) (map[Kind]bool, error) {
	s.mu.Lock()
	fresh, known := !s.read.IsZero() && s.cfg.Now().Sub(s.read) < wantedFor, s.wanted
	s.mu.Unlock()
	if fresh {
		return known, nil
	}
	at := s.cfg.Now()
	kinds, err := s.cfg.Store.WantedKinds(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[Kind]bool, len(kinds))
	for _, k := range kinds {
		all[k] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted, s.read = all, at
	return all, nil
}

// forget makes the next happening ask the database what is wanted.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read = time.Time{}
}

// named is an organisation or a site in a body.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// message is the body of a delivery.
type message struct {
	ID   string    `json:"id"`
	Kind Kind      `json:"kind"`
	At   time.Time `json:"at"`
	Org  named     `json:"org"`
	Site *named    `json:"site"` // null: about the organisation alone
	Data any       `json:"data"`
}

// order is the work in the queue.
type order struct {
	Delivery domain.DeliveryID `json:"delivery"`
}

// note writes one delivery and asks for it.
func (s *Service) note(ctx context.Context, w Wanting, h Happening) (Delivery, error) {
	now := s.now()
	d := Delivery{ID: domain.NewID[domain.DeliveryID](now), Webhook: w.Webhook, Kind: h.Kind, State: Waiting, At: now}
	m := message{ID: d.ID.String(), Kind: h.Kind, At: h.At.UTC(), Org: named{ID: w.Org.String(), Name: w.OrgName}, Data: h.Data}
	if !h.Site.IsZero() {
		m.Site = &named{ID: h.Site.String(), Name: w.SiteName}
	}
	var err error
	if d.Body, err = encode(m); err != nil {
		return d, err
	}
	if len(d.Body) > maxBody {
		m.Data = map[string]bool{"too_large": true}
		if d.Body, err = encode(m); err != nil {
			return d, err
		}
	}
	if err := s.cfg.Store.AddDelivery(ctx, d); err != nil {
		return d, err
	}
	return d, s.cfg.Queue.Insert(ctx, Job, order{Delivery: d.ID})
}

// encode writes JSON as people read it: names with & stay names with &.
func encode(m message) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// Tests by hand that one webhook may ask for in a minute.
const maxTests = 10

// Try sends a happening of kind test to one webhook, whether it is on or off.
func (s *Service) Try(ctx context.Context, id domain.WebhookID) (Delivery, error) {
	var d Delivery
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		w, err := s.cfg.Store.Webhook(ctx, id)
		if err != nil {
			return err
		}
		newest, err := s.cfg.Store.Deliveries(ctx, id, Page{Limit: maxTests})
		if err != nil {
			return err
		}
		recent := 0
		for _, n := range newest {
			if n.Kind == Test && s.now().Sub(n.At) < time.Minute {
				recent++
			}
		}
		if recent >= maxTests {
			return fault.New(fault.Limit, "At most %d tests a minute.", maxTests)
		}
		name, err := s.cfg.Store.OrgName(ctx, w.Org)
		if err != nil {
			return err
		}
		d, err = s.note(ctx, Wanting{Webhook: id, Org: w.Org, OrgName: name}, Happening{
			Kind: Test, Org: w.Org, At: s.now(), Data: map[string]string{"message": "This is a test."},
		})
		return err
	})
	return d, err
}

// Retry sends a delivery once more that has come to its end.
func (s *Service) Retry(ctx context.Context, id domain.WebhookID, delivery domain.DeliveryID) (Delivery, error) {
	var d Delivery
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		w, err := s.cfg.Store.Webhook(ctx, id)
		if err != nil {
			return err
		}
		if d, err = s.cfg.Store.Delivery(ctx, id, delivery); err != nil {
			return err
		}
		if d.State == Waiting {
			return fault.New(fault.Conflict, "This delivery is on its way already.")
		}
		if !w.Enabled && d.Kind != Test {
			return fault.New(fault.Conflict, "The webhook is off. Switch it on first.")
		}
		d.State, d.Attempts, d.DoneAt = Waiting, 0, time.Time{}
		if err := s.cfg.Store.SaveTry(ctx, d); err != nil {
			return err
		}
		return s.cfg.Queue.Insert(ctx, Job, order{Delivery: d.ID})
	})
	return d, err
}
