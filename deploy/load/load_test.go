package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// The whole harness at a small size: every agent comes, comes back after every line broke and after the cloud was killed, backlogs arrive
// whole, and what people press is done.
//
// shows BEY-22 by cloud/presence/service.go: "if _, ok := s.share.Take(agent, now); !ok {" => "if _, ok := s.share.Take(agent, now); ok {"
func TestLoad_EveryAgentComesBackFromEverything(t *testing.T) {
	var out bytes.Buffer
	args := []string{"-share", "-sites", "200", "-scenario", "outage,restart,together,backlog,edits,opens", "-behind", "10", "-rows", "1000", "-steady", "2s", "-edits", "5", "-opens", "10", "-patience", "1m"}
	if err := run(t.Context(), args, &out, t.Output()); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	t.Log(out.String())
	for _, line := range []string{"arrival  ", "outage   ", "restart  "} {
		if !strings.Contains(lineOf(out.String(), line), "; 200 of 200,") {
			t.Errorf("not every agent is welcomed: %q", lineOf(out.String(), line))
		}
	}
	if got := lineOf(out.String(), "backlog"); !strings.Contains(got, "10 agents brought 1000 rows each") {
		t.Errorf("%q", got)
	}
	if !regexp.MustCompile(`(?m)^together 10 agents brought \d+ rows/s of 1000 each`).MatchString(out.String()) || !regexp.MustCompile(`[1-9]\d* opens answered .*, 0 not done; p99 goal`).MatchString(out.String()) {
		t.Errorf("together: %s", &out)
	}
	if got := lineOf(out.String(), "opens"); !strings.Contains(got, "10 answered") || !strings.Contains(got, ", 0 not done;") {
		t.Errorf("%q", got)
	}
	if !regexp.MustCompile(`(?m)^(Nothing ran out|What ran out first)`).MatchString(out.String()) {
		t.Errorf("it does not say what ran out:\n%s", &out)
	}
}

// lineOf gives the line that begins with a word.
func lineOf(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, word) {
			return line
		}
	}
	return ""
}
