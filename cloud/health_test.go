package cloud_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
)

// until asks again and again until holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-late:
			t.Fatalf("not in time: %s", what)
		}
	}
}

// status asks without a connection of before, and tells whether the service wants none after.
func status(t *testing.T, url string) (code int, closes bool, err error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	response, err := client.Get(url)
	if err != nil {
		return 0, false, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Close, err
}

// An end in order: not ready at once and served on, then what runs finishes, and streams end with a word about coming back.
func TestDrain_SaysThatItGoesServesOnAndCutsNothing(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.Drain, cfg.HashCost = 5*time.Second, cloudtest.Cheap // a slow machine asks three times within it
	c, err := cloud.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	s := &cloudtest.Server{Cloud: c, URL: c.Addresses().PublicURL}
	until(t, "ready", func() bool { code, _, err := status(t, s.URL+"/readyz"); return err == nil && code == http.StatusOK })
	ada := s.SetUp(t)

	stream := request(t, ada, http.MethodGet, "/stream", nil)
	defer stream.Body.Close()
	form, write := io.Pipe()
	slow := make(chan int, 1)
	go func() {
		response := request(t, ada, http.MethodPost, "/sites", form)
		defer response.Body.Close()
		slow <- response.StatusCode
	}()
	if _, err := io.WriteString(write, `{"name": "Court", `); err != nil { // the service has begun with it
		t.Fatal(err)
	}

	stop()
	until(t, "not ready", func() bool {
		code, closes, err := status(t, s.URL+"/readyz")
		return err == nil && code == http.StatusServiceUnavailable && closes
	})
	for _, path := range []string{"/healthz", "/api/v1/setup"} {
		if code, closes, err := status(t, s.URL+path); err != nil || code != http.StatusOK || !closes {
			t.Errorf("%s while it drains: %d, closes %v, %v", path, code, closes, err)
		}
	}
	until(t, "no more connections", func() bool {
		_, _, err := status(t, s.URL+"/healthz")
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	if _, err := io.WriteString(write, `"time_zone": "UTC"}`); err != nil {
		t.Fatal(err)
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if code := <-slow; code != http.StatusCreated {
		t.Errorf("the request that ran: %d", code)
	}
	told, err := io.ReadAll(stream.Body)
	if err != nil || !strings.Contains(string(told), "retry: ") {
		t.Errorf("the stream ended with %v: %q", err, told)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// past writes into a database past the cloud.
func past(t *testing.T, dsn string) func(statement string) {
	t.Helper()
	driver, address := "pgx", dsn
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// Numbers are plain HTTP and ask nobody who they are: strangers do not reach them, and the public port does not tell them.
func TestMetrics_StayWhereStrangersAreNot(t *testing.T) {
	for address, fine := range map[string]bool{"0.0.0.0:0": false, "[::]:0": false, "8.8.8.8:9464": false, ":9464": false, "nonsense": false, "127.0.0.1:0": true, "localhost:0": true} {
		cfg := config(t.TempDir())
		cfg.Metrics = address
		if !fine {
			if _, err := cloud.New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "--metrics") {
				t.Errorf("%s: %v", address, err)
			}
			continue
		}
		run(t, cfg, func(c *cloud.Cloud) {
			if code, _, err := status(t, "http://"+c.Addresses().Metrics.String()+"/metrics"); err != nil || code != http.StatusOK {
				t.Errorf("%s: %d %v", address, code, err)
			}
			response, err := http.Get(c.Addresses().PublicURL + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if told, err := io.ReadAll(response.Body); err != nil || strings.Contains(string(told), "vestibule_") {
				t.Errorf("the public port: %v %.200s", err, told)
			}
		})
	}
}

// request sends one that may be answered or asked bit by bit.
func request(t *testing.T, c cloudtest.Client, method, path string, body io.Reader) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.URL+"/api/v1"+path, body)
	if err != nil {
		t.Error(err)
		return &http.Response{Body: http.NoBody}
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return &http.Response{Body: http.NoBody}
	}
	return response
}

// Who watches over a process asks another thing than who sends it requests: a database that is away is no reason to start the process anew.
func TestReady_NeedsTheTablesOfThisVersion(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		until(t, "ready", func() bool { code, _, err := status(t, s.URL+"/readyz"); return err == nil && code == http.StatusOK })
		past := past(t, s.DSN)
		for _, c := range []struct {
			statement string
			code      int
		}{
			{"UPDATE goose_db_version SET version_id = version_id - 1 WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)", http.StatusServiceUnavailable},
			{"UPDATE goose_db_version SET version_id = version_id + 9 WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)", http.StatusOK},
			{"ALTER TABLE goose_db_version RENAME TO elsewhere", http.StatusServiceUnavailable},
		} {
			past(c.statement)
			code, _, err := status(t, s.URL+"/readyz")
			if err != nil || code != c.code {
				t.Errorf("%s: %d %v, want %d", c.statement, code, err, c.code)
			}
			if code, _, err := status(t, s.URL+"/healthz"); err != nil || code != http.StatusOK {
				t.Errorf("%s: alive %d %v", c.statement, code, err)
			}
		}
	})
}
