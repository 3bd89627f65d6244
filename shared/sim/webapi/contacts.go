package webapi

import (
	"slices"
	"strconv"
	"sync"
)

// Per-item results and limits of the contact list.
const (
	itemOK       = 0
	itemNotFound = -7
	itemRefused  = -1
	maxContacts  = 1000
	pageSize     = 10
	defaultGroup = "Default"
)

// Contact is one entry of a device's directory.
type Contact struct {
	ID    string `json:"ID"`
	Name  string `json:"Name"`
	Phone string `json:"Phone"`
	Group string `json:"Group"`
}

// Contacts is the directory of a device.
type Contacts struct {
	mu   sync.Mutex
	last int
	list []Contact
}

// All is a copy of the list.
func (c *Contacts) All() []Contact {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Contact{}, c.list...)
}

// Clear forgets everything, as a device that goes back to the factory's settings.
func (c *Contacts) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = nil
}

// page is one page of ten, counted from 1; a number below 1 gives everything.
func (c *Contacts) page(n int) (total int, rows []Contact) {
	all := c.All()
	if n < 1 {
		return len(all), all
	}
	from := min((n-1)*pageSize, len(all))
	return len(all), all[from:min(from+pageSize, len(all))]
}

// result is what became of one item.
type result struct {
	ID  string `json:"ID"`
	Ret int    `json:"Ret"`
}

// change adds, sets or deletes items. With keep false it only pretends.
func (c *Contacts) change(action string, items []Contact, keep bool) []result {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, last := slices.Clone(c.list), c.last
	out := []result{}
	for _, item := range items {
		item.Group = defaultGroup // there is no other, and an unknown one silently becomes it
		at := slices.IndexFunc(list, func(o Contact) bool { return o.ID == item.ID })
		switch {
		case action == "add" && (item.Name == "" || len(list) >= maxContacts):
			out = append(out, result{item.ID, itemRefused})
		case action == "add":
			last++
			item.ID = strconv.Itoa(last)
			list = append(list, item)
			out = append(out, result{item.ID, itemOK})
		case at < 0:
			out = append(out, result{item.ID, itemNotFound})
		case action == "del":
			list = slices.Delete(list, at, at+1)
			out = append(out, result{item.ID, itemOK})
		default:
			list[at] = item
			out = append(out, result{item.ID, itemOK})
		}
	}
	if keep {
		c.list, c.last = list, last
	}
	return out
}
