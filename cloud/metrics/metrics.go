package metrics

import (
	"database/sql"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vestibule/shared/logkey"
)

// Metrics are the numbers of one process. Its methods may be called by any goroutine.
type Metrics struct {
	registry *prometheus.Registry
	logger   *slog.Logger
	failures prometheus.Counter

	requests, refused, rows, commands, jobs *prometheus.CounterVec
	answered, commandTook, jobTook          *prometheus.HistogramVec
	batchTook, heldAfter, appliedAfter      prometheus.Histogram
}

// Bounds of the histograms, in seconds: of what a person waits for, of one transaction, and of what crosses a building.
var (
	waits  = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
	quick  = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}
	widely = []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400}
)

// New makes the numbers of a process of that version.
func New(version string, logger *slog.Logger) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), logger: logger.With(logkey.Component, "metrics")}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	build := m.gauge("build_info", "The program; always 1.", "version", "go_version")
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.failures = m.counter("scrape_failures_total", "Numbers that could not be asked for.").WithLabelValues()
	m.requests = m.counter("http_requests_total", "Requests to portal and API, by the pattern of the route.", "method", "route", "code")
	m.answered = m.histogram("http_request_duration_seconds", "Time to the end of an answer; live streams excepted.", waits, "method", "route")
	m.refused = m.counter("signins_refused_total", "Sign-ins that were refused: wrong (name, password or factor) or locked (too many before).", "reason")
	m.rows = m.counter("event_rows_total", "Rows of the log that agents brought: stored, doubled (there already) or quarantined (kept raw).", "verdict")
	m.batchTook = m.histogram("event_batch_duration_seconds", "Time to judge, store and commit a batch of rows.", quick).WithLabelValues().(prometheus.Histogram)
	m.commands = m.counter("commands_total", "Commands to buildings that ended.", "kind", "result")
	m.commandTook = m.histogram("command_duration_seconds", "Time from a command to its result.", waits, "kind")
	m.heldAfter = m.histogram("document_held_duration_seconds", "Time from an edit to the agent's word that it holds it.", widely).WithLabelValues().(prometheus.Histogram)
	m.appliedAfter = m.histogram("document_applied_duration_seconds", "Time from an edit to the word that a device has it, read back.", widely).WithLabelValues().(prometheus.Histogram)
	m.jobs = m.counter("job_tries_total", "Tries of background work: done, failed (tried again) or given_up.", "job", "outcome")
	m.jobTook = m.histogram("job_duration_seconds", "Time of one try.", waits, "job")
	for _, reason := range []string{wrong, locked} {
		m.refused.WithLabelValues(reason)
	}
	for _, verdict := range []string{stored, doubled, quarantined} {
		m.rows.WithLabelValues(verdict)
	}
	return m
}

const namespace = "vestibule"

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) histogram(name, help string, bounds []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: bounds}, labels)
	m.registry.MustRegister(v)
	return v
}

// Database watches over the connections to it.
func (m *Metrics) Database(pool *sql.DB) {
	m.registry.MustRegister(collectors.NewDBStatsCollector(pool, namespace))
}

// Handler writes the numbers. What cannot be asked for is left out and counted.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Values of labels.
const (
	wrong, locked                = "wrong", "locked"
	stored, doubled, quarantined = "stored", "doubled", "quarantined"
	other                        = "other"
)

// methods are those that routes have.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// known keeps what a client invents out of the labels.
func known(method, route string) (string, string) {
	if !slices.Contains(methods, method) {
		method = other
	}
	if route == "" {
		route = other // files of the portal, and what does not exist
	}
	return method, route
}

// Request counts a request to a route, which is the router's pattern and empty where there is none.
func (m *Metrics) Request(method, route string, status int) {
	method, route = known(method, route)
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if method == http.MethodPost && strings.HasPrefix(route, "/api/v1/session") {
		switch status {
		case http.StatusUnauthorized:
			m.refused.WithLabelValues(wrong).Inc()
		case http.StatusTooManyRequests:
			m.refused.WithLabelValues(locked).Inc()
		}
	}
}

// Answered notes how long an answer took.
func (m *Metrics) Answered(method, route string, took time.Duration) {
	method, route = known(method, route)
	m.answered.WithLabelValues(method, route).Observe(took.Seconds())
}

// Rows notes a batch of the log that is committed.
func (m *Metrics) Rows(kept, again, raw int, took time.Duration) {
	m.rows.WithLabelValues(stored).Add(float64(kept))
	m.rows.WithLabelValues(doubled).Add(float64(again))
	m.rows.WithLabelValues(quarantined).Add(float64(raw))
	m.batchTook.Observe(took.Seconds())
}

// Command notes the end of a command.
func (m *Metrics) Command(kind, result string, took time.Duration) {
	m.commands.WithLabelValues(kind, result).Inc()
	m.commandTook.WithLabelValues(kind).Observe(took.Seconds())
}

// Held notes how long after an edit an agent held it.
func (m *Metrics) Held(after time.Duration) { m.heldAfter.Observe(after.Seconds()) }

// Applied notes how long after an edit a device had it.
func (m *Metrics) Applied(after time.Duration) { m.appliedAfter.Observe(after.Seconds()) }

// Job notes one try of background work.
func (m *Metrics) Job(name, outcome string, took time.Duration) {
	m.jobs.WithLabelValues(name, outcome).Inc()
	m.jobTook.WithLabelValues(name).Observe(took.Seconds())
}
