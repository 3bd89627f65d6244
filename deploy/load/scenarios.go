package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"vestibule/deploy/measure"
)

// amounts say how much is done.
type amounts struct {
	behind       int    // agents with a backlog
	rows         uint64 // of each
	edits, opens int
	span         time.Duration // of a steady time
	eventEvery   time.Duration // of each agent
	patience     time.Duration // bounds every wait for agents
}

// furnished is how many sites get a door phone, which edits and opens need.
const furnished = 200

// scenario is one thing that may happen to a cloud with agents.
type scenario struct {
	name  string
	about string
	play  func(ctx context.Context, g *crowd, n amounts, out io.Writer) error
}

var scenarios = []scenario{
	{"steady", "every agent is online, beats, and has an event now and then", steady},
	{"outage", "every line breaks at once; agents come back with the product's own back-off", outage},
	{"restart", "the cloud is killed and started; agents come back with the product's own back-off", restart},
	{"storm", "the same without back-off", restart},
	{"backlog", "agents that were away bring their rows while the others live", backlogs},
	{"together", "people edit and open while agents that were away bring their rows and the others live", together},
	{"edits", "edits of a door phone, until they are applied", edits},
	{"opens", "remote opens, until they are answered", opens},
}

func scenarioOf(name string) (scenario, bool) {
	at := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
	if at < 0 {
		return scenario{}, false
	}
	return scenarios[at], true
}

// arrive lets every agent that has no backlog come for the first time.
func arrive(ctx context.Context, g *crowd, n amounts, out io.Writer) error {
	g.seen.begin()
	u, err := g.watch(func() error {
		g.start(n.behind, len(g.boxes))
		return g.seen.again(ctx, n.behind, len(g.boxes), n.patience)
	})
	g.tellTimes(out, "arrival", n.behind, u)
	return err
}

// tellTimes prints when agents connected and were welcomed.
func (g *crowd) tellTimes(out io.Writer, name string, from int, u use) {
	connected, welcomed, tries := g.seen.times(from, len(g.boxes))
	fmt.Fprintf(out, "%-8s connected p50 %s p99 %s last %s s; welcomed p50 %s p99 %s last %s s; %d of %d, %d tries in vain; %s\n", name,
		seconds(connected, 50), seconds(connected, 99), seconds(connected, 100), seconds(welcomed, 50), seconds(welcomed, 99), seconds(welcomed, 100),
		len(welcomed), len(g.boxes)-from, tries, u)
}

func seconds(values []float64, p float64) string {
	return fmt.Sprintf("%.2f", measure.Percentile(values, p)/1000)
}

// String tells what was used.
func (u use) String() string {
	words := fmt.Sprintf("cloud %.0f %%, load %.0f %% of a processor in %.1f s, cloud %.0f MiB", 100*u.cloud, 100*u.load, u.span.Seconds(), u.resident)
	if u.database != (share{}) {
		words += fmt.Sprintf("; PostgreSQL %.0f %%, %.0f MiB", 100*u.database.processor, u.database.memory)
	}
	return words
}

func steady(ctx context.Context, g *crowd, n amounts, out io.Writer) error {
	g.beats()
	u, err := g.watch(func() error {
		life, end := context.WithTimeout(ctx, n.span)
		defer end()
		g.happen(life, n.eventEvery)
		return nil
	})
	if err != nil {
		return err
	}
	took := g.beats()
	idle := float64(len(g.boxes) - n.behind)
	fmt.Fprintf(out, "steady   %d beats answered p50 %.0f p99 %.0f ms; %.1f KiB resident an agent (%.0f MiB of it the program's own); %s\n",
		len(took), measure.Percentile(took, 50), measure.Percentile(took, 99), (u.resident-g.empty)*1024/idle, g.empty, u)
	return nil
}

// beats gives the times of the beats since the last call.
func (g *crowd) beats() []float64 {
	var out []float64
	for _, b := range g.boxes {
		out = append(out, b.probe.taken()...)
	}
	return out
}

func outage(ctx context.Context, g *crowd, n amounts, out io.Writer) error {
	g.seen.begin()
	u, err := g.watch(func() error {
		for _, b := range g.boxes {
			b.cut()
		}
		return g.seen.again(ctx, n.behind, len(g.boxes), n.patience)
	})
	g.tellTimes(out, "outage", n.behind, u)
	return err
}

func restart(ctx context.Context, g *crowd, n amounts, out io.Writer) error {
	g.seen.begin() // before the first can be back
	g.cloud.kill()
	down := time.Now()
	if err := g.cloud.start(ctx); err != nil {
		return err
	}
	g.seen.answered()
	u, err := g.watch(func() error { return g.seen.again(ctx, n.behind, len(g.boxes), n.patience) })
	g.tellTimes(out, "restart", n.behind, u)
	fmt.Fprintf(out, "         the cloud was away for %.1f s\n", g.seen.mark.Sub(down).Seconds())
	return err
}

func backlogs(ctx context.Context, g *crowd, n amounts, out io.Writer) error {
	if n.behind == 0 {
		return errors.New("nobody has a backlog: -behind says how many")
	}
	g.beats()
	u, err := g.watch(func() error {
		life, end := context.WithTimeout(ctx, n.patience)
		defer end()
		if !g.replaying {
			g.replay()
		}
		return measure.Eventually(life, n.patience, "the backlogs are with the cloud", func() (bool, error) {
			left, err := g.left(life, n)
			return left == 0, err
		})
	})
	if err != nil {
		return err
	}
	took := g.beats()
	rows := float64(n.behind) * float64(n.rows)
	fmt.Fprintf(out, "backlog  %d agents brought %d rows each: %.0f rows/s; %d beats of all answered p99 %.0f ms; %s\n", n.behind, n.rows, rows/u.span.Seconds(), len(took), measure.Percentile(took, 99), u)
	return nil
}

// replay lets the agents with a backlog come.
func (g *crowd) replay() {
	g.replaying = true
	g.start(0, g.behind)
}

// left is how many rows of the backlogs are not with the cloud.
func (g *crowd) left(ctx context.Context, n amounts) (int64, error) {
	var left int64
	for _, b := range g.boxes[:n.behind] {
		m, err := b.shelf.Marks(ctx)
		if err != nil {
			return 0, err
		}
		left += max(0, int64(n.rows)-int64(m.Audit.Acked))
	}
	return left, nil
}

// living are the furnished sites whose agents have no backlog.
func (g *crowd) living() []int {
	var out []int
	for i := g.behind; i < len(g.places); i++ {
		if g.places[i].Device != "" {
			out = append(out, i)
		}
	}
	return out
}

func edits(ctx context.Context, g *crowd, n amounts, out io.Writer) error {
	var applied []float64
	u, err := g.watch(func() (err error) {
		applied, err = g.edits(ctx, g.living(), n.edits)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "edits    %d applied p50 %.0f p95 %.0f p99 %.0f ms; %s\n", len(applied), measure.Percentile(applied, 50), measure.Percentile(applied, 95), measure.Percentile(applied, 99), u)
	return nil
}

func opens(ctx context.Context, g *crowd, n amounts, out io.Writer) error {
	var took []float64
	var lost int
	u, err := g.watch(func() (err error) {
		took, lost, err = g.opens(ctx, g.living(), n.opens)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "opens    %d answered p50 %.0f p95 %.0f p99 %.0f ms, %d not done; %s\n", len(took), measure.Percentile(took, 50), measure.Percentile(took, 95), measure.Percentile(took, 99), lost, u)
	return nil
}
