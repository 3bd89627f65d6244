package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vestibule/shared/logkey"
)

// Asked is a number that is asked for at a scrape.
type Asked struct {
	Name, Help string
	Label      string        // name of its label; empty: it has none
	Total      bool          // it only grows
	Keep       time.Duration // how long an answer is good, for one that costs the database something
	// Ask gives the number of each value of the label; of the empty one without a label. A value without a number is absent.
	Ask func(ctx context.Context) (map[string]float64, error)
}

// One is the answer of a number without a label.
func One[N int | int64 | float64](n N) map[string]float64 { return map[string]float64{"": float64(n)} }

// Ask adds numbers that are asked for at each scrape.
func (m *Metrics) Ask(all ...Asked) {
	for _, a := range all {
		var labels []string
		if a.Label != "" {
			labels = []string{a.Label}
		}
		kind := prometheus.GaugeValue
		if a.Total {
			kind = prometheus.CounterValue
		}
		m.registry.MustRegister(&asking{
			Asked: a, metrics: m, kind: kind, desc: prometheus.NewDesc(prometheus.BuildFQName(namespace, "", a.Name), a.Help, labels, nil),
		})
	}
}

// asking is the collector of one Asked.
type asking struct {
	Asked
	metrics *Metrics
	kind    prometheus.ValueType
	desc    *prometheus.Desc

	mu      sync.Mutex
	answer  map[string]float64
	answers time.Time // when answer came
}

// askWithin is how long one number may take; Prometheus waits ten seconds for all.
const askWithin = 4 * time.Second

// Describe names the number.
func (a *asking) Describe(out chan<- *prometheus.Desc) { out <- a.desc }

// Collect asks, and writes what it was told.
func (a *asking) Collect(out chan<- prometheus.Metric) {
	for value, n := range a.ask() {
		if a.Label == "" {
			out <- prometheus.MustNewConstMetric(a.desc, a.kind, n)
			continue
		}
		out <- prometheus.MustNewConstMetric(a.desc, a.kind, n, value)
	}
}

func (a *asking) ask() map[string]float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.answers.IsZero() && time.Since(a.answers) < a.Keep {
		return a.answer
	}
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	answer, err := a.Ask(ctx)
	if err != nil {
		a.metrics.failures.Inc()
		a.metrics.logger.Warn("a number cannot be asked for", logkey.Kind, a.Name, logkey.Err, err)
		return nil
	}
	a.answer, a.answers = answer, time.Now()
	return answer
}
