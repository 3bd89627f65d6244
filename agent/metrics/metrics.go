package metrics

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Figures are what is written of an agent that runs.
type Figures struct {
	LinkUp         bool
	LinkSince      time.Time
	Document       uint64 // version that the agent holds
	Waiting, Given uint64 // rows of the log that wait for the cloud, and that were ever given up
	Devices        map[string]int
	Firmware       map[Firmware]int
	Calls          map[string]int // those that are kept, by their cause
	Conditions     map[Condition]int
}

// Firmware is what devices of a kind run.
type Firmware struct{ Model, Version string }

// Condition is something that is wrong.
type Condition struct{ Code, Severity string }

// Handler writes the numbers of the program and, once read gives them, those of the agent.
func Handler(version string, read func(ctx context.Context) (Figures, bool)) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &agent{version, read})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 10 * time.Second})
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("vestibule", "agent", name), help, labels, nil)
}

var (
	build      = describe("build_info", "The program; always 1.", "version", "go_version")
	linkUp     = describe("link_up", "Whether the cloud is reached: 1 or 0.")
	linkSince  = describe("link_changed_timestamp_seconds", "Since when the link stands as it does.")
	document   = describe("document_version", "Version of the configuration that the agent holds.")
	waiting    = describe("outbox_rows", "Rows of the log that the cloud has not acknowledged.")
	given      = describe("outbox_given_up_total", "Rows that found no room and were given up; the log tells of each gap.")
	devices    = describe("devices", "Devices that the agent acts for: online or offline.", "state")
	firmware   = describe("device_firmware", "Devices by what they run.", "model", "firmware")
	calls      = describe("calls", "The last calls, as far as they are kept, by how they went.", "cause")
	conditions = describe("conditions", "What is wrong now.", "code", "severity")
	all        = []*prometheus.Desc{build, linkUp, linkSince, document, waiting, given, devices, firmware, calls, conditions}
)

// agent collects the figures of one agent.
type agent struct {
	version string
	read    func(ctx context.Context) (Figures, bool)
}

// Describe names the numbers.
func (*agent) Describe(out chan<- *prometheus.Desc) {
	for _, d := range all {
		out <- d
	}
}

// readWithin is how long the figures of one scrape may take.
const readWithin = 4 * time.Second

// Collect reads the numbers.
func (a *agent) Collect(out chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, n float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, n, labels...)
	}
	tell(build, prometheus.GaugeValue, 1, a.version, runtime.Version())
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	defer cancel()
	f, ok := a.read(ctx)
	if !ok {
		return
	}
	up := 0.0
	if f.LinkUp {
		up = 1
	}
	tell(linkUp, prometheus.GaugeValue, up)
	if !f.LinkSince.IsZero() {
		tell(linkSince, prometheus.GaugeValue, float64(f.LinkSince.UnixMilli())/1000)
	}
	tell(document, prometheus.GaugeValue, float64(f.Document))
	tell(waiting, prometheus.GaugeValue, float64(f.Waiting))
	tell(given, prometheus.CounterValue, float64(f.Given))
	for state, n := range f.Devices {
		tell(devices, prometheus.GaugeValue, float64(n), state)
	}
	for what, n := range merged(f.Firmware) {
		tell(firmware, prometheus.GaugeValue, float64(n), what.Model, what.Version)
	}
	for cause, n := range f.Calls {
		tell(calls, prometheus.GaugeValue, float64(n), cause)
	}
	for c, n := range f.Conditions {
		tell(conditions, prometheus.GaugeValue, float64(n), c.Code, c.Severity)
	}
}

// merged cuts what devices say of themselves; what is then alike is one.
func merged(said map[Firmware]int) map[Firmware]int {
	out := make(map[Firmware]int, len(said))
	for f, n := range said {
		out[Firmware{cut(f.Model), cut(f.Version)}] += n
	}
	return out
}

// mostLabel is how many bytes a word of a device may have as a label.
const mostLabel = 64

func cut(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), mostLabel)], "")
}
