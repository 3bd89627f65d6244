package cloud_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store/storetest"
)

// widened adds to every table what a newer version may add: a column that may be empty, one with a default, an index, and a table of its own; and notes its number.
func widened(t *testing.T, dsn string) (tables int) {
	t.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'"
	if !strings.HasPrefix(dsn, "sqlite:") {
		query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
	}
	write, names := past(t, dsn), list(t, dsn, query)
	for _, name := range names {
		if strings.HasPrefix(name, "goose_") || strings.HasPrefix(name, "river_") {
			continue // these bring rules of their own
		}
		write("ALTER TABLE " + name + " ADD COLUMN later_note text")
		write("ALTER TABLE " + name + " ADD COLUMN later_count bigint NOT NULL DEFAULT 7")
		write("CREATE INDEX later_" + name + " ON " + name + " (later_count)")
		tables++
	}
	write("CREATE TABLE later_things (id bigint NOT NULL PRIMARY KEY)")
	write("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9001, " + map[bool]string{true: "1", false: "true"}[strings.HasPrefix(dsn, "sqlite:")] + ")")
	return tables
}

func list(t *testing.T, dsn, query string) []string {
	t.Helper()
	driver, address := "pgx", dsn
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+file
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// While replicas are replaced this version runs on the tables of a newer one, which only adds (deploy/docs/operate.md): it starts on them, says that it is ready, and
// reads and writes as ever; so does a process that ran before they were added to.
func TestOlder_RunsOnTheTablesOfANewerVersion(t *testing.T) {
	for name, database := range map[string]func(*testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresDSN} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t.TempDir())
			cfg.Database, cfg.HashCost = database(t), cloudtest.Cheap
			dsn := cfg.Database
			if dsn == "" {
				dsn = "sqlite:" + filepath.Join(cfg.DataDir, "vestibule.db")
			}
			var ada cloudtest.Client
			run(t, cfg, func(c *cloud.Cloud) {
				ada = (&cloudtest.Server{Cloud: c, URL: c.Addresses().PublicURL}).SetUp(t)
				begin(t, ada, "Before")
				if n := widened(t, dsn); n < 40 {
					t.Fatalf("%d tables: the test looks at nothing", n)
				}
				for i := range 20 { // on each connection that knows the tables as they were
					begin(t, ada, fmt.Sprint("Under its feet ", i))
				}
			})
			run(t, cfg, func(c *cloud.Cloud) {
				url := c.Addresses().PublicURL
				until(t, "ready", func() bool { code, _, err := status(t, url+"/readyz"); return err == nil && code == http.StatusOK })
				begin(t, cloudtest.Client{URL: url, Token: ada.Token}, "After")
			})
		})
	}
}

// begin makes a site with somebody in it and an agent, and reads its lists.
func begin(t *testing.T, c cloudtest.Client, name string) {
	t.Helper()
	made := func(path string, form cloudtest.Object) string {
		t.Helper()
		return cloudtest.Want[struct{ ID string }](t, c, http.StatusCreated, http.MethodPost, path, form).ID
	}
	site := "/sites/" + made("/sites", cloudtest.Object{"name": name, "time_zone": "UTC"})
	house := made(site+"/buildings", cloudtest.Object{"name": "House A"})
	home := made(site+"/apartments", cloudtest.Object{"building_id": house, "number": "101"})
	person := made(site+"/people", cloudtest.Object{"apartment_id": home, "first_name": "Eva", "last_name": "Miller"})
	if link := cloudtest.Want[struct{ Link string }](t, c, http.StatusCreated, http.MethodPost, site+"/claims", nil).Link; !strings.HasPrefix(name, "Under") { // an address has few claims
		if answer := claim(t, link); answer.SiteName != name {
			t.Errorf("claimed for %q", answer.SiteName)
		}
	}
	for _, path := range []string{"/people/" + person, "/apartments", "/devices", "/events", "/agents", "/groups"} {
		cloudtest.Want[any](t, c, http.StatusOK, http.MethodGet, site+path, nil)
	}
}
