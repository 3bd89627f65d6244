package webapi

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The schedules that every device has.
const (
	scheduleAlways = "1001"
	scheduleNever  = "1002"
)

// Record is a user or a schedule: names and values, as the dialect has them.
type Record map[string]string

// Keys are the users and schedules of a device.
type Keys struct {
	mu        sync.Mutex
	last      int
	most      int // users
	users     []Record
	schedules []Record
}

// NewKeys makes a device that has room for so many users.
func NewKeys(most int) *Keys {
	return &Keys{most: most, last: 2000, schedules: []Record{
		{"ID": scheduleAlways, "Name": "Always", "Type": "0", "SourceType": "1"}, {"ID": scheduleNever, "Name": "Never", "Type": "0", "SourceType": "1"},
	}}
}

// Users is a copy of the users.
func (k *Keys) Users() []Record { return k.all("user") }

// Schedules is a copy of the schedules, the built-in ones among them.
func (k *Keys) Schedules() []Record { return k.all("schedule") }

func (k *Keys) all(target string) []Record {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []Record
	for _, r := range *k.list(target) {
		out = append(out, maps.Clone(r))
	}
	return out
}

func (k *Keys) list(target string) *[]Record {
	if target == "schedule" {
		return &k.schedules
	}
	return &k.users
}

// Add puts a user onto the device as somebody at it, or another cloud, does; it is the device's own unless it has a SourceType.
func (k *Keys) Add(user Record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last++
	user = maps.Clone(user)
	user["ID"] = strconv.Itoa(k.last)
	k.users = append(k.users, user)
}

// Clear forgets everybody, as a device that goes back to the factory's settings.
func (k *Keys) Clear() {
	fresh := NewKeys(0)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.users, k.schedules = nil, fresh.schedules
}

// Opening is what a key of a user opens.
type Opening struct {
	User   string
	Relays []int // from 1
}

// Find looks for whom a code or a card is of, and which relays its schedules open at a time; methods tells whether the way opens a relay.
func (k *Keys) Find(field, key string, at time.Time, methods func(relay int) bool) (Opening, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, u := range k.users {
		if key == "" || !slices.Contains(strings.FieldsFunc(u[field], isMark), key) {
			continue
		}
		out := Opening{User: u["Name"]}
		for _, pair := range strings.FieldsFunc(u["ScheduleRelay"], isMark) {
			id, relays, _ := strings.Cut(pair, "-")
			for _, digit := range relays {
				relay := int(digit - '0')
				if k.holds(id, at) && methods(relay) && !slices.Contains(out.Relays, relay) {
					out.Relays = append(out.Relays, relay)
				}
			}
		}
		return out, len(out.Relays) > 0
	}
	return Opening{}, false
}

func isMark(r rune) bool { return r == ';' || r == ',' }

// holds tells whether a schedule holds now.
func (k *Keys) holds(id string, at time.Time) bool {
	for _, s := range k.schedules {
		if s["ID"] != id {
			continue
		}
		clock := at.Format("15:04")
		within := s["TimeStart"] <= clock && clock <= s["TimeEnd"]
		switch s["Type"] {
		case "1":
			return within && strings.Contains(s["Week"], strconv.Itoa(int(at.Weekday())))
		case "2":
			return within
		}
		return id == scheduleAlways
	}
	return false
}

// change adds, sets or deletes records. With keep false it only pretends.
func (k *Keys) change(target, action string, items []Record, keep bool) []result {
	k.mu.Lock()
	defer k.mu.Unlock()
	list, last := slices.Clone(*k.list(target)), k.last
	out := []result{}
	for _, item := range items {
		at := slices.IndexFunc(list, func(r Record) bool { return r["ID"] == item["ID"] })
		ret := itemOK
		switch {
		case action == "add" && k.refuses(target, item, list):
			ret = itemRefused
		case action == "add":
			last++
			item = maps.Clone(item)
			item["ID"], item["SourceType"] = strconv.Itoa(last), "1"
			list = append(list, item)
		case at < 0 || list[at]["SourceType"] == "2" || list[at]["ID"] == scheduleAlways || list[at]["ID"] == scheduleNever:
			ret = itemNotFound
		case action == "del":
			list = slices.Delete(list, at, at+1)
		default:
			list[at] = maps.Clone(item) // the whole record: what is not in it is gone
		}
		out = append(out, result{item["ID"], ret})
	}
	if keep {
		*k.list(target), k.last = list, last
	}
	return out
}

// refuses tells whether a device does not take a record: no room, no name, a code of the wrong length or that somebody has.
func (k *Keys) refuses(target string, item Record, list []Record) bool {
	if target == "schedule" {
		return item["Type"] == ""
	}
	code := item["PrivatePIN"]
	taken := slices.ContainsFunc(list, func(r Record) bool { return code != "" && r["PrivatePIN"] == code })
	return item["UserID"] == "" || item["Name"] == "" || len(list) >= k.most || len(item["CardCode"]) > 63 || taken || code != "" && (len(code) < 4 || len(code) > 8)
}

// keys serves users and schedules, ten a page.
func (s *Server) keys(c call) envelope {
	switch c.Action {
	case "get":
		if page, err := strconv.Atoi(c.query.Get("page")); err != nil || page < 1 {
			c.query = url.Values{"page": {"1"}} // these lists page anyway
		}
		return pageOf(c, s.o.Keys.all(c.Target))
	case "add", "set", "del":
		items, ok := itemsOf[Record](c)
		if !ok {
			return refuse(c.Action, "param error")
		}
		out := s.o.Keys.change(c.Target, c.Action, items, !s.forgets())
		return done(c.Action, map[string]any{"num": len(out), "item": out})
	}
	return refuse(c.Action, "unsupport action")
}
