package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

func TestRun_PrintsWhatItStartedAndEndsCleanly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "building.json")
	if err := os.WriteFile(file, []byte(`{"door_phones":[{"name":"Gate"}],"monitors":[{"name":"101"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-config", file}, {"-doorphones", "1", "-monitors", "1", "-boards", "0", "-mdns", "lo"}} {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		done := make(chan error, 1)
		go func() { done <- run(ctx, args, w, io.Discard) }()
		line, err := bufio.NewReader(r).ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		var got started
		if err := json.Unmarshal(line, &got); err != nil || got.VestibuleSim != 1 || len(got.Devices) != 2 || got.Token == "" {
			t.Fatalf("%s %v", line, err)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, got.ControlURL+"/devices", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+got.Token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func TestRead_RefusesWhatItDoesNotUnderstand(t *testing.T) {
	file := filepath.Join(t.TempDir(), "odd.json")
	if err := os.WriteFile(file, []byte(`{"windows":3}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-config", file}, {"-config", file + "x"}, {"-doorphones", "-1"}, {"extra"}, {"-what"}} {
		if _, err := read(args, io.Discard); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
	if _, err := read([]string{"-h"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
}
