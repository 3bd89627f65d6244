package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"vestibule/deploy/measure"
	"vestibule/shared/domain"
)

// Amounts of a comparison.
const (
	publishers   = 1000
	window       = 4 // messages of each on their way
	publishFor   = 8 * time.Second
	warmUp       = 2 * time.Second
	reconnecting = 2000
	rounds       = 3
)

// beside measures our broker alone beside Mosquitto, in turn, with the same client: messages acknowledged a second, and the time until two
// thousand connections are back after the broker was killed.
func beside(ctx context.Context, out io.Writer, say func(string, ...any)) error {
	dir, err := os.MkdirTemp("", "vestibule-load-brokers-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	a, err := newAuthority()
	if err != nil {
		return err
	}
	if err := a.write(dir); err != nil {
		return err
	}
	ours, err := newOurs(dir)
	if err != nil {
		return err
	}
	theirs, err := newMosquitto(dir)
	if err != nil {
		return err
	}
	back, err := measure.PinLoad()
	if err != nil {
		return err
	}
	defer back()
	clients, err := a.clients(reconnecting)
	if err != nil {
		return err
	}
	rate, cost, came := map[*standing][]float64{}, map[*standing][]float64{}, map[*standing][]float64{}
	for range rounds {
		for _, b := range []*standing{ours, theirs} {
			say("%s", b.name)
			r, c, t, err := b.measure(ctx, clients)
			if err != nil {
				return fmt.Errorf("%s: %w", b.name, err)
			}
			rate[b], cost[b], came[b] = append(rate[b], r), append(cost[b], c), append(came[b], t)
		}
	}
	middle := func(of map[*standing][]float64, b *standing) float64 { return measure.Percentile(of[b], 50) }
	fmt.Fprintf(out, "publishes acknowledged, %d clients by TLS, %d bytes, authorised: ours %.0f/s (%.1f µs of its core each), Mosquitto %.0f/s (%.1f µs): %.2f x\n",
		publishers, payload, middle(rate, ours), middle(cost, ours), middle(rate, theirs), middle(cost, theirs), middle(rate, ours)/middle(rate, theirs))
	fmt.Fprintf(out, "%d connections back after the broker was killed, without back-off: ours %.2f s, Mosquitto %.2f s: %.2f x\n",
		reconnecting, middle(came, ours), middle(came, theirs), middle(came, ours)/middle(came, theirs))
	return nil
}

// clients are agents with a certificate each.
func (a authority) clients(n int) ([]*raw, error) {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	out := make([]*raw, n)
	for i := range out {
		id := domain.NewID[domain.AgentID](time.Now())
		one, err := a.pair(id.String())
		if err != nil {
			return nil, err
		}
		out[i] = &raw{agent: id, from: addressOf(i), config: &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{one}}}
	}
	return out, nil
}

// measure connects everybody, publishes, kills the broker and lets everybody come back.
func (b *standing) measure(ctx context.Context, clients []*raw) (rate, cost, came float64, err error) {
	if err := b.start(ctx); err != nil {
		return 0, 0, 0, err
	}
	defer func() { b.process.End(syscall.SIGKILL) }()
	if _, err := b.back(ctx, clients); err != nil {
		return 0, 0, 0, err
	}
	rate, cost, err = b.flat(ctx, clients[:publishers])
	b.process.End(syscall.SIGKILL)
	if err != nil {
		return 0, 0, 0, err
	}
	for _, c := range clients {
		_ = c.conn.Close()
	}
	if err := b.start(ctx); err != nil {
		return 0, 0, 0, err
	}
	came, err = b.back(ctx, clients)
	for _, c := range clients {
		_ = c.conn.Close()
	}
	return rate, cost, came, err
}

// back lets every client connect, again every 10 ms until it succeeds, and gives the seconds that all took.
func (b *standing) back(ctx context.Context, clients []*raw) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	began := time.Now()
	var failed atomic.Int64
	var work sync.WaitGroup
	for _, c := range clients {
		work.Go(func() {
			for ctx.Err() == nil {
				if c.connect(ctx, b.address) == nil {
					return
				}
				measure.Pause(ctx, 10*time.Millisecond)
			}
			failed.Add(1)
		})
	}
	work.Wait()
	if failed.Load() > 0 {
		return 0, fmt.Errorf("%d clients do not connect", failed.Load())
	}
	return time.Since(began).Seconds(), nil
}

// flat publishes as fast as it goes and gives messages acknowledged a second and microseconds of the broker's processor for each.
func (b *standing) flat(ctx context.Context, clients []*raw) (rate, cost float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, warmUp+publishFor)
	defer cancel()
	var acknowledged atomic.Int64
	var work sync.WaitGroup
	for _, c := range clients {
		_ = c.conn.SetDeadline(time.Now().Add(warmUp + publishFor + time.Second))
		work.Go(func() { _ = c.publish(ctx, window, func(n int) { acknowledged.Add(int64(n)) }) })
	}
	measure.Pause(ctx, warmUp)
	from, began := acknowledged.Load(), time.Now()
	spent, err := measure.Used(b.process.PID())
	if err != nil {
		return 0, 0, err
	}
	measure.Pause(ctx, publishFor-time.Second)
	n, took := float64(acknowledged.Load()-from), time.Since(began)
	after, err := measure.Used(b.process.PID())
	cancel()
	work.Wait()
	if n == 0 {
		err = errors.Join(err, errors.New("nothing was acknowledged"))
	}
	return n / took.Seconds(), (after - spent) * 1000 / n, err
}
