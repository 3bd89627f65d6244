package api

import (
	"log/slog"
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
