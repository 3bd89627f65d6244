package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"vestibule/deploy/measure"
	"vestibule/shared/domain"
)

// What people wait for at most while agents bring their backlogs, in milliseconds.
const (
	mostEdit = 1000 // p95, from the edit to "applied"
	mostOpen = 300  // p99, from the button to the answer
)

// How often somebody presses, and how often a building that was never away has a row whose way is timed.
const (
	editEvery = 250 * time.Millisecond
	openEvery = 100 * time.Millisecond
	rowEvery  = 200 * time.Millisecond
)

// pressed is what people and buildings saw while the backlogs came; all times in milliseconds.
type pressed struct {
	edits, opens, rows []float64
	lost               int // opens that were not done
}

// together lets the backlogs come and has people edit and open meanwhile. It ends when its time is over or an agent has brought all: every agent
// with a backlog brings rows throughout.
func together(ctx context.Context, g *crowd, n amounts, out io.Writer) error {
	if n.behind == 0 || g.replaying {
		return errors.New("nobody has a backlog any more: together comes before backlog, edits and opens")
	}
	g.seen.begin()
	g.replay()
	if err := g.seen.again(ctx, 0, g.behind, n.patience); err != nil {
		return err
	}
	before, err := g.brought(ctx, n)
	if err != nil {
		return err
	}
	size, err := g.cloud.stored()
	if err != nil {
		return err
	}
	g.beats()
	var p pressed
	u, err := g.watch(func() (err error) {
		p, err = g.press(ctx, n)
		return err
	})
	if err != nil {
		return err
	}
	after, err := g.brought(ctx, n)
	if err != nil {
		return err
	}
	rows := float64(after.all - before.all)
	fmt.Fprintf(out, "together %d agents brought %.0f rows/s of %d each, who was first has %d left, who was last %d; %s\n", n.behind, rows/u.span.Seconds(), n.rows, n.rows-after.most, n.rows-after.least, u)
	p.tell(out, g.beats())
	if grown, err := g.cloud.stored(); err == nil && size >= 0 {
		fmt.Fprintf(out, "         the database has %.0f bytes for each row\n", float64(grown-size)/rows)
	}
	return nil
}

// tell prints what was pressed, with the goals.
func (p pressed) tell(out io.Writer, beats []float64) {
	goal := func(got, most float64) string {
		if got <= most {
			return fmt.Sprintf("goal ≤ %.0f ms: kept", most)
		}
		return fmt.Sprintf("goal ≤ %.0f ms: MISSED", most)
	}
	of := measure.Percentile
	fmt.Fprintf(out, "         %d edits applied p50 %.0f p95 %.0f p99 %.0f ms; p95 %s\n", len(p.edits), of(p.edits, 50), of(p.edits, 95), of(p.edits, 99), goal(of(p.edits, 95), mostEdit))
	fmt.Fprintf(out, "         %d opens answered p50 %.0f p95 %.0f p99 %.0f ms, %d not done; p99 %s\n", len(p.opens), of(p.opens, 50), of(p.opens, 95), of(p.opens, 99), p.lost, goal(of(p.opens, 99), mostOpen))
	fmt.Fprintf(out, "         %d rows of others stored p50 %.0f p99 %.0f ms after they happened; %d beats of all answered p99 %.0f ms\n", len(p.rows), of(p.rows, 50), of(p.rows, 99), len(beats), of(beats, 99))
}

// press edits, opens and has rows happen until the time is over or an agent has brought its backlog. Each is done once at least.
func (g *crowd) press(ctx context.Context, n amounts) (p pressed, err error) {
	window, end := context.WithTimeout(ctx, n.span)
	defer end()
	sites := g.living()
	if len(sites) < 3 {
		return p, errors.New("who edits, who opens and whose row is timed must be three sites")
	}
	third := len(sites) / 3
	var work sync.WaitGroup
	errs := make([]error, 4)
	work.Go(func() {
		errs[0] = every(window, editEvery, sites[:third], func(site int) error {
			took, err := g.edit(ctx, site)
			p.edits = append(p.edits, took)
			return err
		})
	})
	work.Go(func() {
		errs[1] = every(window, openEvery, sites[third:2*third], func(site int) error {
			took, done, err := g.open(ctx, site)
			p.opens = append(p.opens, took)
			if !done {
				p.lost++
			}
			return err
		})
	})
	work.Go(func() {
		errs[2] = every(window, rowEvery, sites[2*third:], func(site int) error {
			took, err := g.boxes[site].timed(ctx)
			p.rows = append(p.rows, took)
			return err
		})
	})
	work.Go(func() { g.happen(window, n.eventEvery) })
	errs[3] = every(window, time.Second, []int{0}, func(int) error {
		b, err := g.brought(ctx, n)
		if err == nil && b.most >= n.rows {
			end()
		}
		return err
	})
	work.Wait()
	return p, errors.Join(errs...)
}

// every does something at one site after the other until ctx ends, once at least; what takes longer than its time makes the next one late.
func every(ctx context.Context, gap time.Duration, sites []int, do func(site int) error) error {
	tick := time.NewTicker(gap)
	defer tick.Stop()
	for i := 0; ; i++ {
		if err := do(sites[i%len(sites)]); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// timed has a row happen and gives how long it took until the cloud said that it is stored, in milliseconds.
func (b *box) timed(ctx context.Context) (float64, error) {
	began := time.Now()
	if err := b.happens(ctx); err != nil {
		return 0, err
	}
	m, err := b.shelf.Marks(ctx)
	if err != nil {
		return 0, err
	}
	number := m.Of(domain.StreamAudit).Last
	err = measure.Eventually(ctx, time.Minute, "a row is stored", func() (bool, error) {
		m, err := b.shelf.Marks(ctx)
		return m.Of(domain.StreamAudit).Acked >= number, err
	})
	return milliseconds(time.Since(began)), err
}

// brought is how many rows of the backlogs are with the cloud: of all agents, and of those with the most and the least.
type brought struct{ all, most, least uint64 }

func (g *crowd) brought(ctx context.Context, n amounts) (brought, error) {
	out := brought{least: n.rows}
	for _, b := range g.boxes[:g.behind] {
		m, err := b.shelf.Marks(ctx)
		if err != nil {
			return out, err
		}
		has := min(n.rows, m.Audit.Acked)
		out.all, out.most, out.least = out.all+has, max(out.most, has), min(out.least, has)
	}
	return out, nil
}
