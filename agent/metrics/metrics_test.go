package metrics_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"vestibule/agent/metrics"
)

// scrape gives what is written of an agent, and that every name is a good one.
func scrape(t *testing.T, read func(ctx context.Context) (metrics.Figures, bool)) string {
	t.Helper()
	w := httptest.NewRecorder()
	metrics.Handler("1.2.3", read).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	problems, err := promlint.New(strings.NewReader(w.Body.String())).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	return w.Body.String()
}

// An agent tells of its link, its log, its devices and its process; before the claim of the program alone.
//
// shows BEY-22 by agent/metrics/metrics.go: "sample{float64(f.Waiting), nil})"
// shows BEY-22 by agent/metrics/metrics.go: "sample{up, nil})"
func TestHandler_TellsOfTheAgent(t *testing.T) {
	text := scrape(t, func(context.Context) (metrics.Figures, bool) {
		return metrics.Figures{
			LinkUp: true, LinkSince: time.UnixMilli(1_700_000_000_500), Document: 12, Waiting: 7, Given: 3,
			Devices: map[string]int{"online": 2, "offline": 1}, Firmware: map[metrics.Firmware]int{{Model: "R29", Version: "29.30.10.205"}: 2},
			Calls: map[string]int{"nobody_home": 4}, Conditions: map[metrics.Condition]int{{Code: "disk_full", Severity: "serious"}: 1},
		}, true
	})
	for _, line := range []string{
		`vestibule_agent_build_info{version="1.2.3",go_version="go`, `vestibule_agent_link_up 1`, `vestibule_agent_link_changed_timestamp_seconds 1.7000000005e+09`,
		`vestibule_agent_document_version 12`, `vestibule_agent_outbox_rows 7`, `vestibule_agent_outbox_given_up_total 3`, `vestibule_agent_devices{state="offline"} 1`,
		`vestibule_agent_devices{state="online"} 2`, `vestibule_agent_device_firmware{model="R29",firmware="29.30.10.205"} 2`,
		`vestibule_agent_calls{cause="nobody_home"} 4`, `vestibule_agent_conditions{code="disk_full",severity="serious"} 1`, "process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_start_time_seconds 1", "go_goroutines ",
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	if text := scrape(t, func(context.Context) (metrics.Figures, bool) { return metrics.Figures{}, false }); strings.Contains(text, "link_up") || !strings.Contains(text, "build_info") {
		t.Errorf("before the claim:\n%s", text)
	}
}

// What a device says of itself makes no answer unreadable, nor as long as it likes.
//
// shows BEY-22 by agent/metrics/metrics.go: "out[Firmware{cut(f.Model), cut(f.Version)}] += n" => "out[f] += n"
func TestHandler_WhatDevicesSayIsCut(t *testing.T) {
	long := strings.Repeat("x", 5000)
	text := scrape(t, func(context.Context) (metrics.Figures, bool) {
		return metrics.Figures{Firmware: map[metrics.Firmware]int{{Model: "\xff\"\n", Version: long + "1"}: 1, {Model: "\"\n", Version: long + "2"}: 2}}, true
	})
	if !strings.Contains(text, `vestibule_agent_device_firmware{model="\"\n",firmware="`+long[:64]+`"} 3`) {
		t.Errorf("written:\n%s", text)
	}
}
