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
	noGroup      = -4
	noGroupName  = 14
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

// Group gathers entries under a name.
type Group struct {
	ID   string `json:"ID"`
	Name string `json:"Name"`
}

// Contacts is the directory of a device.
type Contacts struct {
	mu     sync.Mutex
	last   int
	list   []Contact
	groups []Group // beside the default one
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
	c.list, c.groups = nil, nil
}

// Groups are the groups, the default one first.
func (c *Contacts) Groups() []Group {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Group{{ID: "1", Name: defaultGroup}}, c.groups...)
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
		if !slices.ContainsFunc(c.groups, func(g Group) bool { return g.Name == item.Group }) {
			item.Group = defaultGroup // in silence
		}
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

// changeGroups adds, renames or deletes groups. With keep false it only pretends.
func (c *Contacts) changeGroups(action string, items []Group, keep bool) []result {
	c.mu.Lock()
	defer c.mu.Unlock()
	groups, last := slices.Clone(c.groups), c.last
	out := []result{}
	for _, item := range items {
		at, ret := slices.IndexFunc(groups, func(g Group) bool { return g.ID == item.ID }), itemOK
		switch {
		case action != "del" && item.Name == "":
			ret = noGroupName
		case action == "add":
			last++
			item.ID = strconv.Itoa(last + 1) // the default one is 1
			groups = append(groups, item)
		case at < 0:
			ret = noGroup
		case action == "del":
			groups = slices.Delete(groups, at, at+1)
		default:
			groups[at] = item
		}
		out = append(out, result{item.ID, ret})
	}
	if keep {
		c.groups, c.last = groups, last
	}
	return out
}
