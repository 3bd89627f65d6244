package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing/fstest"
)

// Statuses is the table of fault codes.
var Statuses = statuses

// Routes lists "METHOD path" of every route of the router.
func Routes() []string {
	a := New(Config{Portal: fstest.MapFS{}, Logger: slog.New(slog.DiscardHandler)})
	var out []string
	for _, r := range a.engine.Routes() {
		out = append(out, r.Method+" "+r.Path)
	}
	return out
}

// StatusOf is the status of the answer to a request whose operation fails with err.
func StatusOf(ctx context.Context, logger *slog.Logger, err error) int {
	a := New(Config{Portal: fstest.MapFS{}, Logger: logger})
	route(a, http.MethodGet, "/fails", "fails", "Fails", func(context.Context, *struct{}) (*struct{}, error) { return nil, err }, public)
	answer := httptest.NewRecorder()
	a.engine.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, Prefix+"/fails", nil))
	return answer.Code
}
