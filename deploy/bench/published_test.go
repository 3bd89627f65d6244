package main

import (
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store/storetest"
	"vestibule/deploy/stack"
)

// What four agents publish and what goes straight into the log is stored, each number once, and both figures are taken.
func TestPublished_EveryRowIsStoredAndTheFiguresAreTaken(t *testing.T) {
	const rows = 250 // more than one batch
	dsn := storetest.PostgresDSN(t)
	s := cloudtest.Start(t, dsn)
	h := cloudtest.NewHouse(t, s)
	p, err := newPublished(t.Context(), stack.NewClient(s.URL, h.Installer.Token), dsn, rows)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if err := p.turns(t.Context()); err != nil {
		t.Fatal(err)
	}
	if missing := report(&strings.Builder{}, wantedPublished, p.figures("")); len(missing) != 0 {
		t.Errorf("missing %v", missing)
	}
	d := described{driver: "pgx", source: dsn}
	holds(t, d, map[string]int{
		"events WHERE kind = 'door_log'": 2 * atOnce * rows, "(SELECT DISTINCT agent_id, seq FROM events WHERE kind = 'door_log') AS once": 2 * atOnce * rows,
	})
}
