package metrics

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"time"
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

// readWithin is how long the figures of one scrape may take.
const readWithin = 4 * time.Second

// Handler writes the numbers of the program and, once read gives them, those of the agent.
func Handler(version string, read func(ctx context.Context) (Figures, bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p page
		p.family("vestibule_agent_build_info", gauge, "The program; always 1.", sample{1, labels{{"version", version}, {"go_version", runtime.Version()}}})
		p.process()
		ctx, cancel := context.WithTimeout(r.Context(), readWithin)
		defer cancel()
		if f, ok := read(ctx); ok {
			p.agent(f)
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(p.text)
	})
}

// agent writes the figures of one agent.
func (p *page) agent(f Figures) {
	up := 0.0
	if f.LinkUp {
		up = 1
	}
	p.family("vestibule_agent_link_up", gauge, "Whether the cloud is reached: 1 or 0.", sample{up, nil})
	if !f.LinkSince.IsZero() {
		p.family("vestibule_agent_link_changed_timestamp_seconds", gauge, "Since when the link stands as it does.", sample{float64(f.LinkSince.UnixMilli()) / 1000, nil})
	}
	p.family("vestibule_agent_document_version", gauge, "Version of the configuration that the agent holds.", sample{float64(f.Document), nil})
	p.family("vestibule_agent_outbox_rows", gauge, "Rows of the log that the cloud has not acknowledged.", sample{float64(f.Waiting), nil})
	p.family("vestibule_agent_outbox_given_up_total", counter, "Rows that found no room and were given up; the log tells of each gap.", sample{float64(f.Given), nil})
	p.family("vestibule_agent_devices", gauge, "Devices that the agent acts for: online or offline.", samples(f.Devices, func(state string) labels {
		return labels{{"state", state}}
	})...)
	p.family("vestibule_agent_device_firmware", gauge, "Devices by what they run.", samples(merged(f.Firmware), func(runs Firmware) labels {
		return labels{{"model", runs.Model}, {"firmware", runs.Version}}
	})...)
	p.family("vestibule_agent_calls", gauge, "The last calls, as far as they are kept, by how they went.", samples(f.Calls, func(cause string) labels {
		return labels{{"cause", cause}}
	})...)
	p.family("vestibule_agent_conditions", gauge, "What is wrong now.", samples(f.Conditions, func(c Condition) labels {
		return labels{{"code", c.Code}, {"severity", c.Severity}}
	})...)
}

func samples[K comparable](counts map[K]int, of func(K) labels) []sample {
	out := make([]sample, 0, len(counts))
	for what, n := range counts {
		out = append(out, sample{float64(n), of(what)})
	}
	return out
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
