package akuvox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
	"vestibule/shared/capability"
	"vestibule/shared/domain"
)

var (
	_ device.Driver     = (*Phone)(nil)
	_ device.Configurer = (*Phone)(nil)
	_ device.Opener     = (*Phone)(nil)
	_ device.Resetter   = (*Phone)(nil)
	_ device.Certified  = (*Phone)(nil)
)

// Phone is one device of the dialect.
type Phone struct {
	web *web.Client

	mu      sync.Mutex
	access  device.Access
	session session
	offered map[string]string // what was written of settings that not every firmware takes
}

// New makes a driver; Use says where the device is.
func New(opts web.Options) *Phone { return &Phone{web: web.New(opts)} }

// Use sets where and how the device is reached from now on.
func (p *Phone) Use(access device.Access) {
	p.mu.Lock()
	if access != p.access {
		p.session.token = ""
	}
	if access.Addr != p.access.Addr {
		p.session.pages = false
	}
	p.access = access
	p.mu.Unlock()
	p.web.Use(access)
}

// Certificate is the one that the device answered with last.
func (p *Phone) Certificate() device.Pin { return p.web.Certificate() }

// order is the body of requests that change something.
type order struct {
	Target string `json:"target"`
	Action string `json:"action"`
	Data   any    `json:"data,omitempty"`
}

// Identify reads MAC, model and firmware.
func (p *Phone) Identify(ctx context.Context) (device.Identity, error) {
	path := "/api/system/info"
	if p.speaksPages() {
		path = "/api/web/system/info"
	}
	a, err := p.web.Do(ctx, web.Call{Op: "identify", Method: http.MethodGet, Path: path})
	if err != nil {
		return device.Identity{}, err
	}
	who, err := identityOf(a)
	switch {
	case err == nil && p.speaksPages():
		return p.pages(ctx, who)
	case err == nil:
		return who, nil
	case p.speaksPages(): // it may have another firmware now: next time it is found out anew
		p.mu.Lock()
		p.session = session{}
		p.mu.Unlock()
		return who, err
	}
	return p.classify(ctx, err)
}

// shown reads the settings of the plan as the device shows them.
func (p *Phone) shown(ctx context.Context, want plan) (map[string]text, error) {
	out := map[string]text{}
	err := p.config(ctx, "read settings", "get", map[string]any{"item": want.keys()}, &out)
	return out, err
}

// Configure writes the settings and directory entries in which the device differs, and nothing else.
func (p *Phone) Configure(ctx context.Context, want device.Wanted) error {
	plan := p.plan(want)
	shown, err := p.shown(ctx, plan)
	if err != nil {
		return err
	}
	if write, _ := plan.differing(shown); len(write) > 0 {
		if p.speaksPages() {
			plan.encode(write)
		}
		if err := p.config(ctx, "write settings", "set", write, nil); err != nil {
			return err
		}
		p.offer(plan)
	}
	if !plan.phone || p.speaksPages() {
		return nil
	}
	return p.writeContacts(ctx, plan)
}

// offer remembers what was written of settings that not every firmware takes.
func (p *Phone) offer(written plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offered = map[string]string{}
	for _, s := range written.settings {
		if s.offer {
			p.offered[s.keys[0]] = s.value
		}
	}
}

// stayed forgets what was offered and taken: when it is another later, somebody changed it at the device.
func (p *Phone) stayed(want plan, shown map[string]text) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range want.settings {
		if key, has := s.find(shown); s.offer && has && s.holds(shown[key]) {
			delete(p.offered, s.keys[0])
		}
	}
}

// ReadBack names the settings in which the device differs; directory entries count as one.
func (p *Phone) ReadBack(ctx context.Context, want device.Wanted) (device.Reading, error) {
	plan := p.plan(want)
	shown, err := p.shown(ctx, plan)
	if err != nil {
		return device.Reading{}, err
	}
	p.stayed(plan, shown)
	_, names := plan.differing(shown)
	is := device.Reading{Differing: names, Missing: plan.missing(shown), Refused: plan.unknown(shown), Factory: factory(shown)}
	if len(names) > 0 { // perhaps it takes nothing at all
		is.Missing = slices.DeleteFunc(is.Missing, func(f capability.Feature) bool { return f == device.Clocked })
	}
	if plan.phone && p.speaksPages() {
		is.Missing = append(is.Missing, device.ContactList)
	}
	if !plan.phone || p.speaksPages() {
		return is, nil
	}
	rows, err := p.contacts(ctx)
	if err != nil {
		return device.Reading{}, err
	}
	if add, drop := compare(plan.contacts, rows); len(add)+len(drop) > 0 {
		is.Differing = append(is.Differing, "contacts")
	}
	slices.Sort(is.Differing)
	return is, nil
}

// row is a directory entry as the device has it.
type row struct {
	ID    text `json:"ID"`
	Name  text `json:"Name"`
	Phone text `json:"Phone"`
	Group text `json:"Group,omitempty"`
}

// Bounds of a directory.
const (
	maxRows   = 5000
	batchRows = 100
)

// list reads everything of a kind; devices that page anyway are read page by page. One that goes on for longer than most, or gives one page again and
// again, is Garbled.
func list[T any](ctx context.Context, p *Phone, target string, most int, same func(a, b T) bool) ([]T, error) {
	var all []T
	op := "read " + target + "s"
	for page := -1; len(all) <= most; page++ {
		var data struct {
			Num  flexible `json:"num"`
			Item []T      `json:"item"`
		}
		path := "/api/" + target + "/get?page=" + strconv.Itoa(page)
		if err := p.do(ctx, web.Call{Op: op, Method: http.MethodGet, Path: path}, &data); err != nil {
			return nil, err
		}
		if page == -1 {
			if len(data.Item) >= int(data.Num) {
				return data.Item, nil
			}
			page = 0 // it pages: begin with page 1
			continue
		}
		all = append(all, data.Item...)
		if len(data.Item) == 0 || len(all) >= int(data.Num) {
			return all, nil
		}
		if repeats(all, len(data.Item), same) {
			break
		}
	}
	return nil, &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the list has no end")}
}

// repeats tells whether the newest page of n rows is the page before once more: the device would give it for ever.
func repeats[T any](all []T, n int, same func(a, b T) bool) bool {
	from := len(all) - n
	return from >= n && slices.EqualFunc(all[from:], all[from-n:from], same)
}

func (p *Phone) contacts(ctx context.Context) ([]row, error) {
	return list(ctx, p, "contact", maxRows, func(a, b row) bool { return a == b })
}

// compare gives the entries to add and the rows to drop; a row that stands twice is dropped once.
func compare(want []contact, have []row) (add []contact, drop []row) {
	missing := map[contact]int{}
	for _, c := range want {
		missing[c]++
	}
	for _, r := range have {
		if c := (contact{string(r.Name), string(r.Phone)}); missing[c] > 0 {
			missing[c]--
		} else {
			drop = append(drop, r)
		}
	}
	for _, c := range want {
		if missing[c] > 0 {
			missing[c]--
			add = append(add, c)
		}
	}
	return add, drop
}

func (p *Phone) writeContacts(ctx context.Context, plan plan) error {
	rows, err := p.contacts(ctx)
	if err != nil {
		return err
	}
	add, drop := compare(plan.contacts, rows)
	for batch := range slices.Chunk(drop, batchRows) {
		if err := p.changeContacts(ctx, "del", batch); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(add, batchRows) {
		items := make([]row, 0, len(batch))
		for _, c := range batch {
			items = append(items, row{ID: "-1", Name: text(c.name), Phone: text(c.phone), Group: "Default"})
		}
		if err := p.changeContacts(ctx, "add", items); err != nil {
			return err
		}
	}
	return nil
}

func (p *Phone) changeContacts(ctx context.Context, action string, items []row) error {
	return p.changeItems(ctx, "/api/contact/set", "contact", action, items)
}

// changeItems adds, sets or deletes; an item that the device does not take is Refused.
func (p *Phone) changeItems(ctx context.Context, path, target, action string, items any) error {
	var data struct {
		Item []struct {
			Ret flexible `json:"Ret"`
		} `json:"item"`
	}
	op := action + " " + target + "s"
	body := order{Target: target, Action: action, Data: map[string]any{"item": items}}
	if err := p.do(ctx, web.Call{Op: op, Method: http.MethodPost, Path: path, JSON: body}, &data); err != nil {
		return err
	}
	for _, item := range data.Item {
		if item.Ret != 0 {
			return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("item answered %d", item.Ret)}
		}
	}
	return nil
}

// securityRelay is what devices call the first output of an SR01.
const securityRelay = 11

// Trigger pulses relay 1..4, or the SR01 behind the wall. The device lets go by itself after hold, rounded up to whole seconds; 0 keeps the normally
// open contact closed.
func (p *Phone) Trigger(ctx context.Context, relay int, hold time.Duration) error {
	if p.speaksPages() {
		return p.openDoor(ctx, relay, hold)
	}
	if relay == domain.SecurityRelayNumber {
		relay = securityRelay
	}
	data := map[string]int{"num": relay, "mode": 0, "level": 0, "delay": seconds(hold)}
	if hold == 0 {
		data["mode"], data["delay"] = 1, 0
	}
	body := order{Target: "relay", Action: "trig", Data: data}
	return p.do(ctx, web.Call{Op: "trigger relay", Method: http.MethodPost, Path: "/api/relay/trig", JSON: body, Urgent: true}, nil)
}
