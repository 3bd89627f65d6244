package stack

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Row is one event as the API tells it.
type Row struct {
	ID         string         `json:"id"`
	Kind       string         `json:"kind"`
	OccurredAt time.Time      `json:"occurred_at"`
	ReceivedAt time.Time      `json:"received_at"`
	Agent      string         `json:"agent_id"`
	Epoch      string         `json:"epoch"`
	Stream     string         `json:"stream"`
	Seq        uint64         `json:"seq"`
	Body       map[string]any `json:"body"`
}

// Says gives a word of the body, empty when it has none.
func (r Row) Says(key string) string {
	word, _ := r.Body[key].(string)
	return word
}

// Log reads the whole log of the site, oldest first.
func (s *Stack) Log(ctx context.Context) ([]Row, error) {
	var rows []Row
	for before := ""; ; {
		var page struct {
			Items []Row  `json:"items"`
			Next  string `json:"next"`
		}
		query := url.Values{"limit": {"500"}, "before": {before}}
		if err := s.Client.Do(ctx, http.MethodGet, s.Sample.Path("/events?"+query.Encode()), nil, &page); err != nil {
			return nil, err
		}
		rows = append(rows, page.Items...)
		if before = page.Next; before == "" {
			slices.Reverse(rows)
			return rows, nil
		}
	}
}

// OfKind gives the rows of one kind.
func OfKind(rows []Row, kind string) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Kind != kind })
}

// Whole checks that every row is there once: no row twice, and the numbers of each stream run from 1 without a hole, in the
// order in which things happened.
func Whole(rows []Row) error {
	streams := map[string][]Row{}
	for _, r := range rows {
		key := r.Agent + " " + r.Epoch + " " + r.Stream
		streams[key] = append(streams[key], r)
	}
	for name, stream := range streams {
		slices.SortStableFunc(stream, func(a, b Row) int { return int(a.Seq) - int(b.Seq) }) //nolint:gosec // small numbers
		for i, r := range stream {
			if r.Seq != uint64(i)+1 {
				return fmt.Errorf("stream %s: number %d stands at place %d", name, r.Seq, i+1)
			}
			if i > 0 && r.OccurredAt.Before(stream[i-1].OccurredAt) {
				return fmt.Errorf("stream %s: number %d is older than number %d", name, r.Seq, r.Seq-1)
			}
			if r.Kind == "gap" {
				return fmt.Errorf("stream %s: number %d stands for rows that were dropped", name, r.Seq)
			}
		}
	}
	return nil
}

// Opened is what became of a remote opening.
type Opened struct {
	Result string `json:"result"`
	Reason string `json:"reason"`
	TookMS int64  `json:"took_ms"`
}

// Open presses the Open button of a relay of the main entrance.
func (s *Stack) Open(ctx context.Context, relay int, key string) (Opened, error) {
	var out Opened
	path := s.Sample.Path(fmt.Sprintf("/devices/%s/relays/%d/open", s.Sample.Devices[Entrance], relay))
	err := s.Client.Do(ctx, http.MethodPost, path, nil, &out, "Idempotency-Key", key)
	return out, err
}
