package store_test

import (
	"slices"
	"strings"
	"testing"

	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
)

// heavyIndexes are PostgreSQL's alone: parts of words, which no index of SQLite finds, and whose entries they are, which only PostgreSQL intersects with those.
var heavyIndexes = []string{"index audit_entries_words", "index audit_entries_sites", "index audit_entries_actors"}

// Two dialect files of one migration number must give one schema: same tables, columns, kinds of types, NULLs and indexes.
func TestColumns_AreTheSameOnBothDatabases(t *testing.T) {
	light, err := storetest.SQLite(t).Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	heavy, err := storetest.Postgres(t).Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(light) < 50 {
		t.Fatalf("only %d columns seen: the check looked at nothing", len(light))
	}
	for name, kind := range light {
		if heavy[name] != kind {
			t.Errorf("%s: SQLite %q, PostgreSQL %q", name, kind, heavy[name])
		}
		if strings.HasPrefix(kind, " ") {
			t.Errorf("%s has a type that is not on the list", name)
		}
	}
	for _, name := range heavyIndexes {
		if heavy[name] == "" {
			t.Errorf("PostgreSQL has no %s", name)
		}
	}
	for name, kind := range heavy {
		if _, ok := light[name]; !ok && !slices.Contains(heavyIndexes, name) {
			t.Errorf("%s: %s on PostgreSQL alone", name, kind)
		}
	}
}

// Every row belongs to a site by site_id alone, so that moving a site to another organisation is one update.
func TestColumns_TenancyIsSiteID(t *testing.T) {
	columns, err := storetest.SQLite(t).Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	without := map[string]bool{"orgs": true, "accounts": true, "sessions": true, "setup_tokens": true, "sites": true, "authority_keys": true}
	// Of accounts and organisations; the audit tells of both and of sites.
	for _, table := range []string{
		"org_forms", "links", "factor_codes", "recovery_codes", "passkeys", "passkey_ceremonies", "policies", "agreements", "grants", "entries", "notices",
		"macs", "api_tokens", "webhooks", "webhook_deliveries", "mails", "mail_suppressions", "audit_entries",
	} {
		without[table] = true
	}
	for _, name := range store.SortedKeys(columns) {
		table, column, isColumn := strings.Cut(name, ".")
		if !isColumn || without[table] {
			continue
		}
		if _, ok := columns[table+".site_id"]; !ok {
			t.Errorf("%s has no site_id", table)
			without[table] = true
		}
		if column == "org_id" {
			t.Errorf("%s has an org_id of its own", table)
		}
	}
}
