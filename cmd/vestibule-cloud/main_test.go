package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func try(t *testing.T, ctx context.Context, args ...string) (code int, out, problems string) {
	t.Helper()
	var o, p bytes.Buffer
	code = run(ctx, args, func(string) string { return "" }, &o, &p)
	return code, o.String(), p.String()
}

func TestRun_UnusableConfigurationIsOneLineAndTwo(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	for _, args := range [][]string{
		{"--no-such-flag"},
		{"serve"},
		{"--http", "nonsense", "--data", folder},
		{"--http", "0.0.0.0:0", "--data", folder},
		{"--http", "127.0.0.1:0", "--agents", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--data", folder, "--database", "postgres://a:planted@127.0.0.1:1/b?connect_timeout=3"},
	} {
		code, out, problems := try(t, t.Context(), args...)
		if code != 2 || out != "" || strings.Count(problems, "\n") != 1 || !strings.HasPrefix(problems, "vestibule-cloud: ") || strings.Contains(problems, "planted") {
			t.Errorf("%v: code %d, out %q, problems %q", args, code, out, problems)
		}
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("something was made: %v", err)
	}
}

func TestRun_Words(t *testing.T) {
	if code, out, _ := try(t, t.Context(), "--version"); code != 0 || !strings.HasPrefix(out, "vestibule-cloud ") {
		t.Errorf("%d %q", code, out)
	}
	if code, out, _ := try(t, t.Context(), "-h"); code != 0 || !strings.Contains(out, "-database") {
		t.Errorf("%d %q", code, out)
	}
	if code, out, _ := try(t, t.Context(), "openapi"); code != 0 || !json.Valid([]byte(out)) {
		t.Errorf("%d, %d bytes", code, len(out))
	}
}

func TestRun_PrintsTheSetupLinkAndEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	args := []string{"--http", "127.0.0.1:0", "--agents", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--data", t.TempDir()}
	var problems bytes.Buffer
	// The last word of a start is the set-up link: it ends the run.
	out := &until{word: "/setup#token=", then: stop}
	if code := run(ctx, args, func(string) string { return "" }, out, &problems); code != 0 {
		t.Fatalf("%d %s", code, problems.String())
	}
	if !strings.Contains(out.text.String(), "Vestibule is at http://localhost:") {
		t.Errorf("%q", out.text.String())
	}
}

// until calls then once a word was written.
type until struct {
	text bytes.Buffer
	word string
	then func()
}

func (u *until) Write(p []byte) (int, error) {
	u.text.Write(p)
	if strings.Contains(u.text.String(), u.word) {
		u.then()
	}
	return len(p), nil
}
