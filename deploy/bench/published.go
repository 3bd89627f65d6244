package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"syscall"
	"time"

	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

const (
	publishedRate  = "event ingest, PostgreSQL, published by four agents and acknowledged"
	publishedShare = "event ingest, PostgreSQL, published, share of the log alone"
)

var wantedPublished = []string{publishedRate, publishedShare}

// measurePublished times batches of agents from their publish over TLS to the acknowledgement that follows the commit, by the cloud's program on one core, and
// in turn with it the log alone on the other core: the same number of agents, streams and rows into the same tables.
func measurePublished(ctx context.Context, dir string, built measure.Programs, rows int) ([]figure, error) {
	cluster, err := measure.StartPostgres(ctx, "") // on both cores
	if err != nil {
		return nil, err
	}
	defer cluster.End()
	back, err := measure.PinLoad()
	if err != nil {
		return nil, err
	}
	defer back()
	data := filepath.Join(dir, "published")
	cloud, err := startCloudBy(ctx, append(measure.OnPeerCore[:len(measure.OnPeerCore):len(measure.OnPeerCore)], built.Cloud), data, "--database", cluster.DSN)
	if err != nil {
		return nil, err
	}
	defer cloud.End(syscall.SIGTERM)
	client, err := setUp(ctx, cloud, data)
	if err != nil {
		return nil, err
	}
	p, err := newPublished(ctx, client, cluster.DSN, rows)
	if err != nil {
		return nil, err
	}
	defer p.close()
	spent, err := measure.Used(cloud.PID())
	if err != nil {
		return nil, err
	}
	if err := p.turns(ctx); err != nil {
		return nil, fmt.Errorf("%w\nthe cloud said: %s", err, cloud.Said)
	}
	after, err := measure.Used(cloud.PID())
	if err != nil {
		return nil, err
	}
	return p.figures(fmt.Sprintf("%.1f µs of the cloud's core a row", (after-spent)*1000/float64(atOnce*rows))), nil
}

// published is agents that publish to a cloud, and as many whose rows go straight into its database.
type published struct {
	store      *store.Store
	log        *eventlog.Service
	publishers []*publisher
	alone      []domain.AgentID
	sent, kept [][]wire.Events // batches of each publisher, and of each agent of the log alone
	rows       int
	link, bare time.Duration
	waits      []float64 // milliseconds from the publish of a batch to its acknowledgement
	stop       context.CancelFunc
}

func newPublished(ctx context.Context, client *stack.Client, dsn string, rows int) (*published, error) {
	life, stop := context.WithCancel(ctx)
	p := &published{rows: rows, stop: stop}
	if err := p.open(ctx, life, client, dsn); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *published) open(ctx, life context.Context, client *stack.Client, dsn string) (err error) {
	if p.store, err = store.Open(ctx, dsn); err != nil {
		return err
	}
	p.log = eventlog.New(eventlog.Config{Store: p.store, Clock: machine{}, Logger: slog.New(slog.DiscardHandler)})
	for i := range atOnce {
		agent, err := newAgent(ctx, p.store)
		if err != nil {
			return err
		}
		batches, err := makeBatches(agent, p.rows)
		if err != nil {
			return err
		}
		p.alone, p.kept = append(p.alone, agent), append(p.kept, batches)
		one, err := newPublisher(ctx, client, fmt.Sprintf("Published %d", i+1))
		if err != nil {
			return err
		}
		if batches, err = makeBatches(one.id.Agent, p.rows); err != nil {
			return err
		}
		p.publishers, p.sent = append(p.publishers, one), append(p.sent, batches)
		if err := one.start(ctx, life, batches[0].Epoch); err != nil {
			return err
		}
	}
	return nil
}

func (p *published) close() {
	p.stop()
	for _, one := range p.publishers {
		one.work.Wait()
	}
	if p.store != nil {
		_ = p.store.Close()
	}
}

// turns lets the agents publish some batches each, and then the log alone take as many, until all are stored.
func (p *published) turns(ctx context.Context) error {
	for at := 0; at < len(p.sent[0]); at += perTurn {
		waits := make([][]float64, atOnce)
		took, err := timed(func() error {
			return each(atOnce, func(i int) (err error) {
				waits[i], err = p.publishers[i].publish(ctx, part(p.sent[i], at))
				return err
			})
		})
		if err != nil {
			return err
		}
		p.link += took
		for _, some := range waits {
			p.waits = append(p.waits, some...)
		}
		took, err = timed(func() error {
			return each(atOnce, func(i int) error { return takeAll(ctx, p.log, p.alone[i], part(p.kept[i], at)) })
		})
		if err != nil {
			return err
		}
		p.bare += took
	}
	return nil
}

// part gives the batches of a turn. One more or less makes no difference but at the end.
func part(batches []wire.Events, at int) []wire.Events {
	return batches[min(at, len(batches)):min(at+perTurn, len(batches))]
}

func (p *published) figures(cost string) []figure {
	n := float64(atOnce * p.rows)
	rate, alone := n/p.link.Seconds(), n/p.bare.Seconds()
	how := fmt.Sprintf("%d agents over TLS, each one stream and one batch of at most %d rows on its way; a batch p50 %s ms, p95 %s ms; %s",
		atOnce, len(p.sent[0][0].Rows), digits(measure.Percentile(p.waits, 50)), digits(measure.Percentile(p.waits, 95)), cost)
	return []figure{
		{publishedRate, rate, "rows/s", how},
		{publishedShare, rate / alone, "x", fmt.Sprintf("the log alone with as many streams and equal batches, in turn, without a broker: %s rows/s", digits(alone))},
	}
}
