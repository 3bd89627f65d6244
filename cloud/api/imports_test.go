package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/cloudtest"
)

// plan is an import as the API shows it.
type plan struct {
	ID, Kind, Name, Phase, Message string
	Counts                         struct {
		Rows, Add, Change, Same, Error, Warning, Devices, Homes int
		LeftOut                                                 int `json:"left_out"`
	}
	Notes, Blocked []string
	Done           int
}

type planRow struct {
	N, Line int
	Sheet   string
	Cells   []string
	State   string
	Faults  []struct{ Column, Code, Value, Message string }
	Notes   []struct{ Column, Code, Message string }
	Changes []struct {
		Object, Name, Action string
		Fields               []struct{ Name, Before, After string }
	}
}

// sheets works with the sheets of one site.
type sheets struct {
	cloudtest.Client
	site string // its address
}

// settled waits until no work of an import runs.
func (s sheets) settled(t *testing.T, id string) plan {
	t.Helper()
	end, tick := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		p := cloudtest.Want[plan](t, s.Client, http.StatusOK, http.MethodGet, s.site+"/imports/"+id, nil)
		if p.Phase != "planning" && p.Phase != "applying" && p.Phase != "undoing" {
			return p
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the import does not come to an end")
		}
	}
}

func (s sheets) upload(t *testing.T, text string) plan {
	t.Helper()
	return s.settled(t, cloudtest.Want[plan](t, s.Client, http.StatusCreated, http.MethodPost, s.site+"/imports?name=homes.csv", text).ID)
}

func (s sheets) act(t *testing.T, id, act string) plan {
	t.Helper()
	cloudtest.Want[plan](t, s.Client, http.StatusOK, http.MethodPost, s.site+"/imports/"+id+"/"+act, nil)
	return s.settled(t, id)
}

func (s sheets) rows(t *testing.T, id, query string) []planRow {
	t.Helper()
	return cloudtest.Want[struct{ Items []planRow }](t, s.Client, http.StatusOK, http.MethodGet, s.site+"/imports/"+id+"/rows"+query, nil).Items
}

func (s sheets) export(t *testing.T) string {
	t.Helper()
	a := s.Do(t, http.MethodGet, s.site+"/export?format=csv", nil)
	if a.Status != http.StatusOK {
		t.Fatalf("export: %d %s", a.Status, a.Body)
	}
	return string(a.Body)
}

// version is that of the document which the site's building gets.
func (s sheets) version(t *testing.T) uint64 {
	t.Helper()
	return cloudtest.Want[struct{ Version uint64 }](t, s.Client, http.StatusOK, http.MethodGet, s.site+"/receipts", nil).Version
}

const homesSheet = "Building;Accessible Floors;Apt;AptName;Device;FirstName;LastName;Email;MobileNumber;TelephoneCallingCode;1stPhone;2ndPhone;3rdPhone;CallType;Web Relay ID;Analog Handset\n"

// shows TPL-03 by cloud/template/homes.go: "if err := r.resident(ctx, check, a, master, person, has); err != nil {" => "if err := error(nil); err != nil {"
func TestImport_PlanApplyUndo(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, srv *cloudtest.Server) {
		h := cloudtest.NewHouse(t, srv)
		s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
		cloudtest.Want[thing](t, s.Client, http.StatusCreated, http.MethodPost, s.site+"/buildings", cloudtest.Object{"name": "Lighthouse"})
		before, version := s.export(t), s.version(t)
		p := s.upload(t, homesSheet+
			`Seaside Apartments;5;201;The Green;"Bell,2,A41003FFFFFF;Kitchen,1,A4:10:02:FF:FF:FF";Lily;Green;lily@example.com;14587444;1;14587444;1458333;;1;2;"Hall,101;Bed,102"`+"\n"+
			`lighthouse;All;2#123;;;;;;;;;;;;;`+"\n")
		if p.Phase != "ready" || p.Counts.Add != 2 || p.Counts.Error != 0 || p.Counts.Devices != 2 || p.Counts.Homes != 2 {
			t.Fatalf("%+v %+v", p, s.rows(t, p.ID, ""))
		}
		if got := s.export(t); got != before || s.version(t) != version {
			t.Fatalf("planning wrote something:\n%s", got)
		}
		rows := s.rows(t, p.ID, "")
		if rows[0].Line != 2 || rows[0].Changes[0].Object != "building" || rows[1].Changes[0].Object != "apartment" {
			t.Errorf("%+v", rows)
		}
		if p = s.act(t, p.ID, "apply"); p.Phase != "applied" || s.version(t) != version+1 {
			t.Fatalf("%+v, version %d after %d", p, s.version(t), version)
		}
		out := s.export(t)
		for _, want := range []string{"Lily,Green,lily@example.com,14587444,1,14587444,1458333", `"Bell,2,A41003FFFFFF;Kitchen,1,A41002FFFFFF"`, "Lighthouse,,2#123", `"Hall,101;Bed,102"`} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is missing in\n%s", want, out)
			}
		}
		again := s.upload(t, out)
		if again.Counts.Same != 2 || again.Counts.Rows != 2 {
			t.Errorf("export and import: %+v %+v", again, s.rows(t, again.ID, ""))
		}
		if p = s.act(t, p.ID, "undo"); p.Phase != "undone" || len(p.Blocked) > 0 || s.version(t) != version+2 {
			t.Fatalf("%+v, version %d after %d", p, s.version(t), version)
		}
		if got := s.export(t); got != before {
			t.Errorf("after the undo:\n%s", got)
		}
		if p = s.act(t, p.ID, "plan"); p.Counts.Add != 2 {
			t.Fatalf("%+v", p)
		}
		if p = s.act(t, p.ID, "apply"); p.Phase != "applied" || s.export(t) != out {
			t.Fatalf("applied again: %+v\n%s", p, s.export(t))
		}
	})
}
