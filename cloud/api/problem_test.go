package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/api"
)

// A client that goes away interrupts the database in the middle of a question: that is no fault of ours, and nobody has to look at it.
func TestProblem_ARequestThatIsGivenUpIsNoError(t *testing.T) {
	interrupted := errors.New("find session: interrupted (9)")
	answered := func(ctx context.Context) (int, string) {
		var log bytes.Buffer
		return api.StatusOf(ctx, slog.New(slog.NewTextHandler(&log, nil)), interrupted), log.String()
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	status, log := answered(gone)
	if status != 499 || strings.Contains(log, "level=ERROR") || !strings.Contains(log, "request given up") {
		t.Errorf("given up: %d, logged %q", status, log)
	}
	status, log = answered(t.Context())
	if status != http.StatusInternalServerError || strings.Count(log, "level=ERROR") != 2 || !strings.Contains(log, "interrupted (9)") {
		t.Errorf("of a client that waits: %d, logged %q", status, log)
	}
}
