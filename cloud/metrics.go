package cloud

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"vestibule/cloud/jobs"
	"vestibule/cloud/metrics"
	"vestibule/shared/fault"
)

// keepCounts is how long a count over whole tables is good.
const keepCounts = 5 * time.Second

// total is a number of this process that only grows; now is one that stands.
func total(name, help string, read func() int64) metrics.Asked {
	return metrics.Asked{Name: name, Help: help, Total: true, Ask: func(context.Context) (map[string]float64, error) { return metrics.One(read()), nil }}
}

func now(name, help string, read func() int) metrics.Asked {
	return metrics.Asked{Name: name, Help: help, Ask: func(context.Context) (map[string]float64, error) { return metrics.One(read()), nil }}
}

// counted is one that the database counts, by the values of a label.
func counted(name, help, label string, ask func(ctx context.Context) (map[string]float64, error)) metrics.Asked {
	return metrics.Asked{Name: name, Help: help, Label: label, Keep: keepCounts, Ask: ask}
}

// measure names the numbers that are asked for at a scrape.
func (c *Cloud) measure() {
	c.metrics.Database(c.store.Pool())
	c.metrics.Ask(c.hubNumbers()...)
	c.metrics.Ask(
		total("document_announcements_total", "Announcements of versions to agents.", func() int64 { return c.desired.Counters().Announced }),
		total("document_mismatches_total", "Agents that hold a version with another hash than the cloud.", func() int64 { return c.desired.Counters().Mismatches }),
		now("streams", "Live streams that are open.", c.api.Streams),
		metrics.Asked{Name: "ready", Help: "What /readyz says: 1 or 0.", Ask: func(ctx context.Context) (map[string]float64, error) {
			if c.api.Draining() || c.ready(ctx) != nil {
				return metrics.One(0), nil
			}
			return metrics.One(1), nil
		}},
	)
	c.metrics.Ask(c.databaseNumbers()...)
	if c.cfg.BackupStamp != "" {
		c.metrics.Ask(metrics.Asked{Name: "backup_timestamp_seconds", Help: "When the last good backup ended: the age of the file of --backup-stamp.", Ask: func(context.Context) (map[string]float64, error) {
			stamp, err := os.Stat(c.cfg.BackupStamp)
			if err != nil {
				return nil, err
			}
			return metrics.One(float64(stamp.ModTime().UnixMilli()) / 1000), nil
		}})
	}
}

// hubNumbers are those of the way to agents.
func (c *Cloud) hubNumbers() []metrics.Asked {
	return []metrics.Asked{
		now("hub_connections", "Connections of agents to this process; 0 with a broker elsewhere.", func() int { return c.hub.Figures().Connections }),
		now("hub_queue_messages", "Messages of agents that wait.", func() int { return c.hub.Figures().Waiting }),
		now("hub_queue_bytes", "Bytes of messages of agents that wait.", func() int { return c.hub.Figures().Bytes }),
		total("hub_refused_total", "Connections, topics and clients that were refused.", func() int64 { return c.hub.Figures().Refused }),
		total("hub_oversize_total", "Packets over the limit; their connection was closed.", func() int64 { return c.hub.Figures().Oversize }),
		total("hub_panics_total", "Messages that ended by a bug.", func() int64 { return c.hub.Figures().Panics }),
		total("hub_broker_losses_total", "Connections to a broker elsewhere that were lost.", func() int64 { return c.hub.Figures().Lost }),
		{
			Name: "hub_dropped_total", Help: "Messages that went nowhere, by the reason.", Label: "reason", Total: true, Ask: func(context.Context) (map[string]float64, error) {
				d := c.router.Dropped()
				return map[string]float64{
					"queue": float64(c.hub.Figures().Dropped), "malformed": float64(d.Malformed), "unknown": float64(d.Unknown),
					"not_here": float64(d.NotHere), "failed": float64(d.Failed),
				}, nil
			},
		},
	}
}

// databaseNumbers are those of the whole service: each replica tells the same.
func (c *Cloud) databaseNumbers() []metrics.Asked {
	return []metrics.Asked{
		counted("agents", "Agents by the state of their link.", "state", func(ctx context.Context) (map[string]float64, error) {
			states, err := c.store.AgentsByState(ctx)
			return floats(states), err
		}),
		counted("receipts_open", "Devices without the newest version of their document: open (it waits) or failed.", "state", func(ctx context.Context) (map[string]float64, error) {
			open, failed, err := c.store.OpenReceipts(ctx)
			return map[string]float64{"open": float64(open), "failed": float64(failed)}, err
		}),
		counted("commands_open", "Commands without a result.", "", func(ctx context.Context) (map[string]float64, error) {
			n, err := c.store.OpenCommandCount(ctx)
			return metrics.One(n), err
		}),
		counted("log_rows_without_month", "Rows of the log whose month was not made ahead, at most 10,000 of them.", "", func(ctx context.Context) (map[string]float64, error) {
			n, err := c.store.Strays(ctx)
			return metrics.One(n), err
		}),
		counted("jobs", "Background work that is not at its end.", "state", func(ctx context.Context) (map[string]float64, error) {
			depth, err := c.jobs.Depth(ctx)
			return floats(depth.States), err
		}),
		counted("job_oldest_seconds", "How long the background work waits that should have begun first.", "", func(ctx context.Context) (map[string]float64, error) {
			depth, err := c.jobs.Depth(ctx)
			return metrics.One(depth.Oldest.Seconds()), err
		}),
	}
}

func floats(counts map[string]int) map[string]float64 {
	out := make(map[string]float64, len(counts))
	for name, n := range counts {
		out[name] = float64(n)
	}
	return out
}

var _ jobs.Meter = (*metrics.Metrics)(nil)

// serveMetrics answers Prometheus until ctx ends: while the service drains, too.
func (c *Cloud) serveMetrics(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", c.metrics.Handler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	return server.Serve(c.ports.metrics)
}

// checkMetrics wants an address that strangers do not reach: numbers are plain HTTP, and nobody is asked who they are.
func checkMetrics(f *fault.Fields, address string) {
	if address == "" {
		return
	}
	host, _, err := net.SplitHostPort(address)
	ip, bad := netip.ParseAddr(host)
	near := host == "localhost" || bad == nil && (ip.IsLoopback() || ip.IsPrivate())
	f.Check(err == nil && near, "metrics", "%q is not an address of this machine or of a private network, such as 127.0.0.1:9464.", address)
}
