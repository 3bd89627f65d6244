package audit_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store"
)

type object = cloudtest.Object

type named struct{ ID, Name string }

type entry struct {
	ID, Account, Actor, Behalf, Action, Object, From, Token string
	At                                                      time.Time
	ActorOrg                                                string `json:"actor_org"`
	ObjectID                                                string `json:"object_id"`
	ObjectName                                              string `json:"object_name"`
	Site                                                    *named
	Before, After                                           map[string]any
}

type part struct {
	Items []entry
	Next  string
}

type house = cloudtest.House

func each(t *testing.T, run func(t *testing.T, h *house)) {
	t.Helper()
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) { run(t, cloudtest.NewHouse(t, s)) })
}

func add(t *testing.T, c cloudtest.Client, path string, body object) string {
	t.Helper()
	return cloudtest.Want[named](t, c, http.StatusCreated, http.MethodPost, path, body).ID
}

func read(t *testing.T, c cloudtest.Client, query string) []entry {
	t.Helper()
	return cloudtest.Want[part](t, c, http.StatusOK, http.MethodGet, "/audit?limit=500&"+query, nil).Items
}

func one(t *testing.T, c cloudtest.Client, query string) entry {
	t.Helper()
	all := read(t, c, query)
	if len(all) != 1 {
		t.Fatalf("%s: %d entries: %+v", query, len(all), all)
	}
	return all[0]
}

// shows LOG-04 by cloud/account/stamp.go: "e.Account, e.Actor, e.ActorOrg, e.Token, e.From = caller.Account, caller.Name, caller.HomeOrg, caller.Token, caller.From" => "e.Account, e.Actor = caller.Account, caller.Name"
// shows LOG-04 BEY-19 by cloud/account/stamp.go: "e.Behalf, e.Grant = caller.OrgName, caller.Entry.Grant"
func TestAudit_WhoDidWhatToWhatFromWhereAndAsWhom(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site := add(t, h.Installer, "/sites", object{"name": "Park Lane 7", "time_zone": "UTC"})
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPut, "/sites/"+site, object{"name": "Park Lane 8", "time_zone": "UTC"})
		e := one(t, h.Installer, "action=changed&object=site")
		if e.Actor != "Ida" || e.ActorOrg != "Bell Ltd" || e.Behalf != "" || e.From != "127.0.0.1" || e.Token != "" || e.ObjectID != site ||
			e.ObjectName != "Park Lane 8" || e.Site == nil || e.Site.ID != site || time.Since(e.At) > time.Minute {
			t.Errorf("recorded %+v", e)
		}
		if fmt.Sprint(e.Before, e.After) == "" || e.Before["Name"] != "Park Lane 7" && e.Before["name"] != "Park Lane 7" {
			t.Errorf("before %v, after %v", e.Before, e.After)
		}
		if made := one(t, h.Installer, "action=created&object=site"); len(made.Before) != 0 || len(made.After) == 0 {
			t.Errorf("made: before %v, after %v", made.Before, made.After)
		}
		// A token acts in the name of its account, and is named itself.
		token := cloudtest.Want[struct{ ID, Token string }](t, h.Installer, http.StatusCreated, http.MethodPost, "/tokens", object{
			"name": "Script", "scopes": []string{"sites.read", "sites.write"}, "days": 1,
		})
		script := cloudtest.Client{URL: h.URL, Token: token.Token}
		add(t, script, "/sites", object{"name": "Made by a script", "time_zone": "UTC"})
		if e := one(t, h.Installer, "action=created&object=site&q=script"); e.Actor != "Ida" || e.Token != token.ID {
			t.Errorf("by a token: %+v", e)
		}
		// The distributor acts inside with leave: both names, and both sides read it.
		cloudtest.Want[any](t, h.Distributor, http.StatusOK, http.MethodPut, "/orgs/"+h.Bell+"/gates", object{"account_access": true})
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPost, "/org/access", object{"hours": 1, "writes": true})
		cloudtest.Want[any](t, h.Distributor, http.StatusOK, http.MethodPost, "/orgs/"+h.Bell+"/enter", nil)
		add(t, h.Distributor, "/sites/"+site+"/buildings", object{"name": "House B"})
		cloudtest.Want[any](t, h.Distributor, http.StatusOK, http.MethodDelete, "/entry", nil)
		for who, c := range map[string]cloudtest.Client{"owner": h.Installer, "guest": h.Distributor} {
			if e := one(t, c, "object=building"); e.Actor != "Dora" || e.ActorOrg != "North Ltd" || e.Behalf != "Bell Ltd" || e.Site.Name != "Park Lane 8" {
				t.Errorf("the %s reads %+v", who, e)
			}
		}
		for _, e := range read(t, h.Distributor, "") {
			if e.ActorOrg != "North Ltd" && e.Actor == "Ida" {
				t.Errorf("at home the distributor reads what Ida did: %+v", e)
			}
		}
		stranger := h.Stranger(t)
		for _, query := range []string{"", "site=" + site, "account=" + e.Account, "q=park"} {
			for _, e := range read(t, stranger, query) {
				if e.Actor != "Eve" {
					t.Errorf("a stranger reads %+v", e)
				}
			}
		}
	})
}

// shows LOG-04 by cloud/store/audit.go: "sites, own := pastScope, \"audit_entries.org_id IN" => "		sites, own := scope, \"audit_entries.org_id IN (SELECT id FROM orgs WHERE parent_id = ? AND own)\""
func TestAudit_OutlivesWhatItTellsOf(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		add(t, h.Installer, "/subaccounts", object{"username": "sam", "email": "sam@example.com"})
		sam := h.Arrive(t, "sam@example.com")
		me := sam.Me(t)
		site := add(t, sam, "/sites", object{"name": "Harbour 3", "time_zone": "UTC"})
		at := "/sites/" + site
		building := add(t, h.Installer, at+"/buildings", object{"name": "House A"})
		apartment := add(t, h.Installer, at+"/apartments", object{"building_id": building, "number": "101"})
		person := add(t, h.Installer, at+"/people", object{"apartment_id": apartment, "first_name": "Eva", "last_name": "Miller"})
		for _, path := range []string{at + "/apartments/" + apartment, at + "/buildings/" + building, at, "/subaccounts/" + me.ID} {
			cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, path, nil)
		}
		for _, noun := range []string{"apartment", "building", "site"} {
			if e := one(t, h.Installer, "action=deleted&object="+noun); e.Actor != "Ida" || len(e.Before) == 0 || len(e.After) != 0 || e.Site.Name != "Harbour 3" {
				t.Errorf("%s: %+v", noun, e)
			}
		}
		if e := one(t, h.Installer, "action=created&object=person"); e.ObjectID != person || e.ObjectName != "Eva Miller" {
			t.Errorf("the person of the apartment: %+v", e)
		}
		if e := one(t, h.Installer, "action=created&object=site"); e.Actor != me.Name || e.Account != me.ID {
			t.Errorf("what a deleted account did: %+v", e)
		}
		before := len(read(t, h.Installer, ""))
		cloudtest.Want[any](t, h.Distributor, http.StatusNoContent, http.MethodDelete, "/orgs/"+h.Bell, nil)
		if e := one(t, h.Distributor, "action=deleted&object=organisation"); e.Actor != "Dora" || e.ObjectName != "Bell Ltd" {
			t.Errorf("the organisation: %+v", e)
		}
		db, err := store.Open(t.Context(), h.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		all, err := db.AuditLines(account.AsSystem(t.Context(), "test"), audit.Query{Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		all = slices.DeleteFunc(all, func(l audit.Line) bool { return l.ActorOrgName != "Bell Ltd" })
		if len(all) < 8 || len(all) > before {
			t.Errorf("%d entries of Bell Ltd's people are left, of %d", len(all), before)
		}
	})
}

// shows LOG-04 by cloud/store/audit.go: "query = query.Where(\"audit_entries.created_at <= ?\", at)" => "_ = at"
// shows LOG-04 by cloud/store/audit.go: "query = query.Where(like, \"%\"+escaped)" => "_ = escaped"
func TestAudit_FoundBySearchFiltersAndAStableCursor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site := add(t, h.Installer, "/sites", object{"name": "Park Lane 7", "time_zone": "UTC"})
		other := add(t, h.Installer, "/sites", object{"name": "Quay 1", "time_zone": "UTC"})
		for i := range 12 {
			add(t, h.Installer, "/sites/"+site+"/buildings", object{"name": fmt.Sprintf("House %d", i)})
		}
		filter := "object=building&action=created&limit=5"
		var seen []entry
		for cursor, first := "", true; first || cursor != ""; first = false {
			p := cloudtest.Want[part](t, h.Installer, http.StatusOK, http.MethodGet, "/audit?"+filter+"&cursor="+url.QueryEscape(cursor), nil)
			seen, cursor = append(seen, p.Items...), p.Next
			add(t, h.Installer, "/sites/"+other+"/buildings", object{"name": fmt.Sprintf("Late %d", len(seen))}) // while somebody reads on
			if len(seen) > 20 {
				t.Fatal("the cursor never ends")
			}
		}
		if len(seen) != 12 {
			t.Fatalf("%d entries by the cursor", len(seen))
		}
		for i, e := range seen {
			if want := fmt.Sprintf("House %d", 11-i); e.ObjectName != want {
				t.Errorf("entry %d is %s, want %s", i, e.ObjectName, want)
			}
		}
		me := h.Installer.Me(t)
		middle := seen[5].At.Format(time.RFC3339Nano)
		for query, want := range map[string]int{
			"q=hOuSe&object=building":                             12,
			"q=" + url.QueryEscape("ida house 3"):                 1,
			"q=" + url.QueryEscape("house %"):                     0,
			"q=" + url.QueryEscape("house _"):                     0,
			"object=building&site=" + site:                        12,
			"object=building&site=" + other:                       3,
			"object=building&q=house&account=" + me.ID:            12,
			"object=building&q=house&account=" + site:             0,
			"object=building&action=deleted":                      0,
			"object=building&q=house&from=" + middle:              6,
			"object=building&q=house&to=" + middle:                6,
			"object=building&to=2020-01-01T00:00:00Z":             0,
			"object=building&q=house&from=2099-01-01T00:00:00.5Z": 0,
		} {
			got := read(t, h.Installer, query)
			if n := len(got); n != want && !(strings.Contains(query, middle) && n > 0 && n < 12) { // two may share a millisecond
				t.Errorf("%s: %d entries, want %d", query, n, want)
			}
		}
		for _, query := range []string{"cursor=nonsense", "cursor=e30", "account=nobody", "q=" + strings.Repeat("a", 201), "q=%00", "limit=501", "from=monday"} {
			if a := h.Installer.Do(t, http.MethodGet, "/audit?"+query, nil); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", query, a.Status, a.Body)
			}
		}
	})
}

// shows LOG-04 by cloud/audit/service.go: "row[i] = Harmless(row[i])" => "_ = i"
func TestAudit_ExportsForASpreadsheetAndForAProgram(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		evil := `=HYPERLINK("http://192.0.2.1","x")`
		site := add(t, h.Installer, "/sites", object{"name": evil, "time_zone": "UTC"})
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPut, "/sites/"+site, object{"name": "-1+1", "time_zone": "UTC"})
		listed := read(t, h.Installer, "object=site")
		file := h.Installer.Do(t, http.MethodGet, "/audit/export?object=site&format=csv", nil)
		if file.Status != http.StatusOK || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") || !strings.Contains(file.Header.Get("Content-Disposition"), "audit.csv") {
			t.Fatalf("%d %v", file.Status, file.Header)
		}
		rows, err := csv.NewReader(strings.NewReader(string(file.Body))).ReadAll()
		if err != nil || len(rows) != 3 || len(listed) != 2 {
			t.Fatalf("%v, %d rows: %s", err, len(rows), file.Body)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Errorf("the cell %q is a formula", cell)
				}
			}
		}
		name := slices.Index(rows[0], "object_name")
		if rows[1][name] != "'-1+1" || rows[2][name] != "'"+evil || rows[1][slices.Index(rows[0], "actor")] != "Ida" {
			t.Errorf("rows %v", rows)
		}
		file = h.Installer.Do(t, http.MethodGet, "/audit/export?object=site&format=jsonl", nil)
		lines := strings.Split(strings.TrimSpace(string(file.Body)), "\n")
		if file.Status != http.StatusOK || len(lines) != 2 {
			t.Fatalf("%d %s", file.Status, file.Body)
		}
		for i, line := range lines {
			var row struct {
				ID         string `json:"id"`
				ObjectName string `json:"object_name"`
				After      map[string]any
			}
			if err := json.Unmarshal([]byte(line), &row); err != nil || row.ID != listed[i].ID || row.ObjectName != listed[i].ObjectName || len(row.After) == 0 {
				t.Errorf("%v %s", err, line)
			}
		}
		if a := h.Installer.Do(t, http.MethodGet, "/audit/export?format=xml", nil); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("as xml: %d", a.Status)
		}
		if a := h.Stranger(t).Do(t, http.MethodGet, "/audit/export?site="+site, nil); a.Status != http.StatusOK || strings.Count(string(a.Body), "\n") != 1 {
			t.Errorf("a stranger: %d %s", a.Status, a.Body)
		}
	})
}
