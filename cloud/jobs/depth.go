package jobs

import (
	"context"
	"fmt"
	"time"
)

// Depth is what stands in the queue, of all replicas.
type Depth struct {
	States map[string]int // how much stands in each of States
	Oldest time.Duration  // how long the work waits that should have begun first; 0 when none is late
}

// States of work that is not at its end.
var States = []string{"available", "running", "retryable", "scheduled"}

// Depth counts what stands in the queue.
func (q *Queue) Depth(ctx context.Context) (Depth, error) {
	d := Depth{States: map[string]int{}}
	for _, state := range States {
		d.States[state] = 0
	}
	late := "COALESCE(CAST((julianday('now') - julianday(MIN(CASE WHEN state = 'available' THEN scheduled_at END))) * 86400 AS REAL), 0)"
	if q.store.Dialect() == "postgres" {
		late = "COALESCE(EXTRACT(EPOCH FROM now() - MIN(scheduled_at) FILTER (WHERE state = 'available')), 0)::float8"
	}
	rows, err := q.store.Pool().QueryContext(ctx, "SELECT state, COUNT(*), "+late+
		" FROM river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled') GROUP BY state")
	if err != nil {
		return d, fmt.Errorf("count background work: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var state string
		var n int
		var seconds float64
		if err := rows.Scan(&state, &n, &seconds); err != nil {
			return d, fmt.Errorf("count background work: %w", err)
		}
		d.States[state] = n
		d.Oldest = max(d.Oldest, time.Duration(seconds*float64(time.Second)))
	}
	return d, rows.Err()
}

func (q *Queue) measure(name, outcome string, began time.Time) {
	if q.meter != nil {
		q.meter.Job(name, outcome, time.Since(began))
	}
}
