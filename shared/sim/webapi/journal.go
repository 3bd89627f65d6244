package webapi

import (
	"encoding/json"
	"strconv"
	"sync"
	"time"
)

// maxJournal is how many rows of each kind a device keeps; the oldest go.
const maxJournal = 1000

// Journal is what a device writes down by itself: whom it let in or not, and its calls.
type Journal struct {
	mu           sync.Mutex
	last         int
	doors, calls []Record // oldest first
}

// Door notes a key that was shown to the device; relay 0: none moved.
func (j *Journal) Door(name, code, kind string, relay int) {
	status := "Succ"
	if relay == 0 {
		status = "Failed"
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.doors = j.add(j.doors, Record{"Name": name, "Code": code, "Type": kind, "Relay": strconv.Itoa(relay), "Status": status, "AccessMode": "0"})
}

// Call notes a call that ended: Dialed, Received or Missed.
func (j *Journal) Call(name, kind, local string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls = j.add(j.calls, Record{"Name": name, "Type": kind, "LocalIdentity": local, "Num": "1", "PicUrl": ""})
}

// add gives the row its number and time; mu is held.
func (j *Journal) add(to []Record, row Record) []Record {
	now := time.Now()
	j.last++
	row["ID"], row["Date"], row["Time"] = strconv.Itoa(j.last), now.Format("2006-01-02"), now.Format("15:04:05")
	return append(to[max(0, len(to)-maxJournal+1):], row)
}

// Clear forgets everything, as a device that goes back to the factory's settings.
func (j *Journal) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.doors, j.calls = nil, nil
}

// all are the rows of a kind, the newest first.
func (j *Journal) all(target string) []Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	rows := j.doors
	if target == "calllog" {
		rows = j.calls
	}
	out := make([]Record, 0, len(rows))
	for i := len(rows) - 1; i >= 0; i-- {
		out = append(out, rows[i])
	}
	return out
}

// journal serves the logs, ten rows a page; they cannot be written.
func (s *Server) journal(c call) envelope {
	if c.Action != "get" {
		return refuse(c.Action, "unsupport action")
	}
	return pageOf(c, s.o.Journal.all(c.Target))
}

// pageOf gives the page of ten that was asked for, or everything.
func pageOf[T any](c call, all []T) envelope {
	rows := all
	if page, err := strconv.Atoi(c.query.Get("page")); err == nil && page > 0 {
		from := min((page-1)*pageSize, len(all))
		rows = all[from:min(from+pageSize, len(all))]
	}
	return done(c.Action, map[string]any{"num": len(all), "curPageNum": len(rows), "item": append([]T{}, rows...)})
}

// itemsOf reads the items of a change.
func itemsOf[T any](c call) ([]T, bool) {
	var in struct {
		Item []T `json:"item"`
	}
	err := json.Unmarshal(c.Data, &in)
	return in.Item, err == nil && len(in.Item) > 0
}
