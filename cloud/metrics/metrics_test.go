package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"vestibule/cloud/metrics"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// wants looks for lines of a scrape.
func wants(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}

func fresh() *metrics.Metrics { return metrics.New("1.2.3", slog.New(slog.DiscardHandler)) }

func TestMetrics_CountAndAreNamedAsPrometheusWants(t *testing.T) {
	m := fresh()
	m.Request(http.MethodGet, "/api/v1/sites/:site", 200)
	m.Answered(http.MethodGet, "/api/v1/sites/:site", 30*time.Millisecond)
	m.Rows(5, 2, 1, 3*time.Millisecond)
	m.Command("door_open", "done", 70*time.Millisecond)
	m.Held(200 * time.Millisecond)
	m.Applied(2 * time.Second)
	m.Job("mail", "failed", time.Second)
	text := scrape(t, m)
	wants(t, text,
		`vestibule_http_requests_total{code="200",method="GET",route="/api/v1/sites/:site"} 1`,
		`vestibule_http_request_duration_seconds_bucket{method="GET",route="/api/v1/sites/:site",le="0.05"} 1`,
		`vestibule_http_request_duration_seconds_bucket{method="GET",route="/api/v1/sites/:site",le="0.025"} 0`,
		`vestibule_event_rows_total{verdict="stored"} 5`, `vestibule_event_rows_total{verdict="doubled"} 2`, `vestibule_event_rows_total{verdict="quarantined"} 1`,
		`vestibule_event_batch_duration_seconds_count 1`,
		`vestibule_commands_total{kind="door_open",result="done"} 1`,
		`vestibule_document_held_duration_seconds_sum 0.2`, `vestibule_document_applied_duration_seconds_sum 2`,
		`vestibule_job_tries_total{job="mail",outcome="failed"} 1`,
	)
	if !strings.Contains(text, `vestibule_build_info{go_version="go`) {
		t.Error("nothing about the build")
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %+v", err, problems)
	}
}

// What a stranger may invent never becomes a series of its own.
func TestMetrics_StrangersMakeNoSeries(t *testing.T) {
	m := fresh()
	for _, method := range []string{"BREW", "X", "BREW-2"} {
		m.Request(method, "", 405)
		m.Answered(method, "", time.Millisecond)
	}
	text := scrape(t, m)
	wants(t, text, `vestibule_http_requests_total{code="405",method="other",route="other"} 3`)
	if strings.Contains(text, "BREW") {
		t.Error("a method that somebody invented is a label")
	}
}

func TestMetrics_RefusedSignInsAreCountedByTheReason(t *testing.T) {
	m := fresh()
	wants(t, scrape(t, m), `vestibule_signins_refused_total{reason="wrong"} 0`, `vestibule_signins_refused_total{reason="locked"} 0`)
	m.Request(http.MethodPost, "/api/v1/session", 401)
	m.Request(http.MethodPost, "/api/v1/session/passkey", 401)
	m.Request(http.MethodPost, "/api/v1/session", 429)
	m.Request(http.MethodPost, "/api/v1/session", 200)
	m.Request(http.MethodGet, "/api/v1/session", 401) // somebody without a session asks who they are
	wants(t, scrape(t, m), `vestibule_signins_refused_total{reason="wrong"} 2`, `vestibule_signins_refused_total{reason="locked"} 1`)
}

// A database that does not answer costs its own numbers and no others; what costs it something is not asked at every scrape.
func TestAsk_LeavesOutWhatFailsAndKeepsWhatIsDear(t *testing.T) {
	m := fresh()
	asked, broken := 0, false
	m.Ask(
		metrics.Asked{Name: "dear", Help: "Dear.", Keep: time.Hour, Ask: func(context.Context) (map[string]float64, error) {
			asked++
			return metrics.One(asked), nil
		}},
		metrics.Asked{Name: "things", Help: "Things.", Label: "state", Ask: func(context.Context) (map[string]float64, error) {
			if broken {
				return nil, errors.New("gone")
			}
			return map[string]float64{"open": 4}, nil
		}},
	)
	wants(t, scrape(t, m), "vestibule_dear 1", `vestibule_things{state="open"} 4`, "vestibule_scrape_failures_total 0")
	broken = true
	scrape(t, m)
	text := scrape(t, m)
	wants(t, text, "vestibule_dear 1")
	if strings.Contains(text, "vestibule_things{") {
		t.Error("a number that nobody told")
	}
	if !strings.Contains(text, "vestibule_scrape_failures_total 1") && !strings.Contains(text, "vestibule_scrape_failures_total 2") {
		t.Error("the failure is not counted")
	}
}
