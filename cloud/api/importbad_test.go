package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/sheet"
)

// codes writes the faults of rows in short: "3:apt/bad_apt".
func codes(rows []planRow) string {
	var out []string
	for _, r := range rows {
		for _, f := range r.Faults {
			out = append(out, fmt.Sprintf("%d:%s/%s", r.Line, f.Column, f.Code))
		}
	}
	return strings.Join(out, " ")
}

func notesOf(rows []planRow) string {
	var out []string
	for _, r := range rows {
		for _, f := range r.Notes {
			out = append(out, fmt.Sprintf("%d:%s/%s", r.Line, f.Column, f.Code))
		}
	}
	return strings.Join(out, " ")
}

// Every fault of a row is told at once, in the order of the guides, with its column and value, and nothing is written.
//
// shows TPL-04 by cloud/template/homes.go: "check.name("building", domain.MaxBuildingName, true)"
// shows TPL-05 by cloud/template/homes.go: "	check.apt()"
// shows TPL-06 by cloud/template/homes.go: "floors := check.floors()" => "floors := []string(nil)"
// shows TPL-07 by cloud/template/cells.go: "if len(fields) != 3 {" => "if len(fields) < 3 {"
// shows TPL-08 by cloud/template/homes.go: "if n, ok := check.whole("call_type", 5, UnknownCallType, "Unknown call type: 0 to 5."); ok {" => "if n, ok := 0, true; ok {"
// shows TPL-09 by cloud/template/homes.go: "person.Phone, person.Form.Landlines = check.phones(person.Phone, person.Form.Landlines)"
// shows TPL-10 by cloud/template/homes.go: "if n, ok := check.whole("web_relay", domain.MaxWebRelay, BadWebRelay, "Bad web relay ID: a whole number from 0 to 999."); ok {" => "if n, ok := 0, true; ok {"
// shows TPL-11 by cloud/template/homes.go: "if handsets := check.handsets(); handsets != nil {" => "if handsets := a.Handsets; handsets != nil {"
// shows TPL-19 by cloud/template/run.go: "row.State = Wrong"
func TestImport_TellsEveryFaultOfARowAtOnce(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, srv *cloudtest.Server) {
		h := cloudtest.NewHouse(t, srv)
		s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
		before := s.export(t)
		p := s.upload(t, homesSheet+
			strings.Repeat("x", 129)+`;129;#2#123;;"Bell,2,0C11050B9814,9;,2,0C11050B9815;Bell,7,0C11050B9816;Bell,2,12";;Green;nobody;12a;12345;x;;;6;-1;Hall`+"\n"+
			`Seaside;;101;;"Bell,2,0c:11:05:0b:98:20";Lily;Green;;123456;;;;;;;`+"\n"+
			`Seaside;;102;;"Bell,2,0C-11-05-0B-98-20";;;;;;;;;;;`+"\n"+
			`Seaside;;103;;;Ann;Lee;;;;;;;;;`+"\n"+`Seaside;;103;;;Bob;Lee;;;;;;;;;`+"\n"+
			`Seaside;;104;;;;;;;;;;;;;"Hall,101"`+"\n"+`Seaside;All;105;;;;;;;;;;;;;`+"\n")
		const want = "2:building/too_long 2:apt/apt_leading_hash 2:floors/bad_floor 2:first_name/required 2:email/bad_email 2:calling_code/bad_calling_code " +
			"2:mobile/bad_phone 2:phone1/bad_phone 2:call_type/unknown_call_type 2:web_relay/bad_web_relay_id 2:device/malformed_device " +
			"2:device/missing_device_name 2:device/unknown_device_type 2:device/bad_mac 2:handsets/malformed_handset " +
			"3:calling_code/bad_calling_code 4:device/duplicate_mac 6:first_name/second_resident"
		rows := s.rows(t, p.ID, "")
		if got := codes(rows); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := notesOf(rows); got != "7:handsets/handset_without_s532 8:floors/floors_ignored" {
			t.Errorf("warnings: %s", got)
		}
		if rows[0].Faults[1].Value != "#2#123" || !strings.Contains(rows[0].Faults[1].Message, "Such as 2#123") {
			t.Errorf("%+v", rows[0].Faults[1])
		}
		if a := s.Do(t, http.MethodPost, s.site+"/imports/"+p.ID+"/apply", nil); a.Status != http.StatusConflict {
			t.Errorf("a plan with errors is applied: %d %s", a.Status, a.Body)
		}
		if s.export(t) != before {
			t.Error("something was written")
		}
	})
}

// Files that do not fit are refused as a whole, and the message says what to do.
//
// shows TPL-01 by cloud/template/read.go: "if lacking == nil {" => "if lacking == nil || true {"
func TestImport_RefusesFilesThatDoNotFit(t *testing.T) {
	srv := cloudtest.Start(t, "")
	h := cloudtest.NewHouse(t, srv)
	s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
	shop := cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{
		"name": "Shop", "time_zone": "UTC", "kind": "commercial", "form": cloudtest.Object{"variant": "single_company"},
	})
	for name, c := range map[string]struct{ site, file, says string }{
		"no column Apt":                  {s.site, "Building;Device\nA;x\n", "Missing column: there is no column Apt."},
		"empty":                          {s.site, "\n", "The file is empty."},
		"titles alone":                   {s.site, homesSheet, "There are titles and no rows under them."},
		"an office in a community":       {s.site, "Department;ID;Identity\nSales;1;staff\n", "wrong_template"},
		"many companies in a single one": {"/sites/" + shop.ID, "Company;FirstName;LastName\nA;B;C\n", "wrong_template"},
		"too large":                      {s.site, strings.Repeat("x", 18<<20), ""},
	} {
		a := s.Do(t, http.MethodPost, c.site+"/imports", c.file)
		if a.Status < 400 || a.Status >= 500 || !strings.Contains(a.Field("file"), c.says) {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
}

// With the Basic plan every apartment has an indoor monitor after the row; with the gate of MACs they must be in the library, and a MAC of another
// owner or of another place is refused.
//
// shows TPL-12 by cloud/template/homes.go: "r.needsMonitor(check, at, devices)"
func TestImport_MonitorsAndMACs(t *testing.T) {
	srv := cloudtest.Start(t, "")
	h := cloudtest.NewHouse(t, srv)
	eve := rival(t, h)
	register(t, eve, "", "0C11050B9899")
	site := cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{
		"name": "Basic", "time_zone": "UTC", "kind": "community", "form": cloudtest.Object{"plan": "basic"},
	})
	s := sheets{h.Installer, "/sites/" + site.ID}
	p := s.upload(t, "Building;Apt;Device\nA;101;\"Bell,2,0C11050B9801\"\nA;102;\nA;103;\"Gate,1,0C11050B9803\"\nA;104;\"Bell,2,0C11050B9899\"\n")
	if got := codes(s.rows(t, p.ID, "")); got != "3:device/basic_plan_needs_monitor 4:device/basic_plan_needs_monitor 5:device/mac_in_use" {
		t.Error(got)
	}
	cloudtest.Want[plan](t, s.Client, http.StatusOK, http.MethodPut, s.site+"/imports/"+p.ID+"/rows", cloudtest.Object{"all_errors": true})
	if p = s.settled(t, p.ID); p.Counts.LeftOut != 3 || p.Counts.Error != 0 {
		t.Fatalf("%+v", p)
	}
	if p = s.act(t, p.ID, "apply"); p.Phase != "applied" {
		t.Fatalf("%+v", p)
	}
	again := s.upload(t, "Building;Apt;Device\nA;105;\"Bell,2,0C11050B9801\"\n")
	if got := codes(s.rows(t, again.ID, "")); got != "2:device/mac_in_use" {
		t.Error(got)
	}
}

// An undo does nothing when something was changed since, or somebody came to what would go, and says what.
//
// shows BEY-08 by cloud/fleet/undo.go: "case revision != t.Revision:" => "case false:"
func TestImport_UndoSaysWhatStandsInTheWay(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, srv *cloudtest.Server) {
		h := cloudtest.NewHouse(t, srv)
		s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
		p := s.act(t, s.upload(t, "Building;Apt;FirstName;LastName\nA;101;Lily;Green\nA;102;;\n").ID, "apply")
		homes := cloudtest.Want[struct {
			Items []struct {
				ID, Number string
				BuildingID string `json:"building_id"`
			}
		}](t, s.Client, http.StatusOK, http.MethodGet, s.site+"/apartments", nil).Items
		cloudtest.Want[any](t, s.Client, http.StatusOK, http.MethodPut, s.site+"/apartments/"+homes[0].ID, cloudtest.Object{
			"building_id": homes[0].BuildingID, "number": "101", "name": "Changed",
		})
		guest := cloudtest.Want[thing](t, s.Client, http.StatusCreated, http.MethodPost, s.site+"/people", cloudtest.Object{
			"apartment_id": homes[1].ID, "first_name": "Gus", "last_name": "Guest",
		})
		after := s.export(t)
		if p = s.act(t, p.ID, "undo"); p.Phase != "applied" || len(p.Blocked) != 2 ||
			p.Blocked[0] != "Apartment 101 was changed since." || p.Blocked[1] != "The person Gus Guest came to apartment 102 since." {
			t.Fatalf("%+v", p)
		}
		if s.export(t) != after {
			t.Error("something was undone")
		}
		cloudtest.Want[any](t, s.Client, http.StatusNoContent, http.MethodDelete, s.site+"/people/"+guest.ID, nil)
	})
}

// An office and both kinds of commercial sites: users and devices in one file, matched by ID, address or name.
//
// shows TPL-13 by cloud/template/run.go: "err = r.desk(ctx, check)"
// shows TPL-14 by cloud/template/offices.go: "check.wrong("staff_id", DuplicateID, "Duplicate ID: another row of this file has it.")"
// shows TPL-15 by cloud/template/offices.go: "p.Form.CallType = domain.MonitorsAndGuardPhones // CALL-05"
// shows TPL-18 by cloud/template/run.go: "err = r.staff(ctx, check)"
func TestImport_OfficesAndCompanies(t *testing.T) {
	srv := cloudtest.Start(t, "", func(cfg *cloud.Config) { cfg.LegacyOffices = true })
	h := cloudtest.NewHouse(t, srv)
	office := sheets{h.Installer, siteOf(t, h.Installer, "office", "Tower")}
	const head = "Department;Device;Identity;First Name;Last Name;ID;Email;Mobile Number;Telephone Calling Code;SmartPlus Intercom Feature;Phone;Call Type\n"
	bad := office.upload(t, head+"Sales;;boss;Ann;Lee;17;;;;2;;\nSales;;staff;Bob;Roe;18;;;;1;;\nSales;;Personnel;Cy;Poe;18;;;;0;;3\nSales;\"Door,0,0C11050B9850\";;;;;;;;;;\n")
	if got := codes(office.rows(t, bad.ID, "")); got != "2:identity/unknown_identity 2:intercom/bad_switch 4:staff_id/duplicate_id" {
		t.Error(got)
	}
	p := office.act(t, office.upload(t, head+"Sales;\"Door,0,0C11050B9850\";Staff;Bob;Roe;0018;bob@example.com;1234567;49;1;;3\nSales;;basic user;Cy;Poe;19;;;;0;;3\n").ID, "apply")
	out := office.export(t)
	if p.Phase != "applied" || !strings.Contains(out, "Sales,,advanced user,Bob,Roe,0018,bob@example.com,1234567,49,1,,3") || !strings.Contains(out, "basic user,Cy,Poe,19,,,,0,,") {
		t.Fatalf("%+v\n%s", p, out)
	}
	for _, person := range cloudtest.Want[struct {
		Items []struct {
			FirstName string `json:"first_name"`
			Form      struct {
				CallType int `json:"call_type"`
			}
		}
	}](t, h.Installer, http.StatusOK, http.MethodGet, office.site+"/people", nil).Items {
		if want := map[string]int{"Bob": 3, "Cy": 6}[person.FirstName]; person.Form.CallType != want { // 6: monitors and guard phones
			t.Errorf("%+v, call type %d expected", person, want)
		}
	}
	if again := office.upload(t, out); again.Counts.Same != again.Counts.Rows {
		t.Errorf("%+v", office.rows(t, again.ID, ""))
	}
	off := office.upload(t, head+"Sales;;;;;0018;;;;0;;2\n")
	if got := notesOf(office.rows(t, off.ID, "")); off.Counts.Change != 1 || off.Counts.Error != 0 || got != "2:call_type/call_type_ignored" {
		t.Errorf("the intercom feature is switched off: %+v %s", off, got)
	}
	shops := sheets{h.Installer, siteOf(t, h.Installer, "commercial", "Mall")}
	p = shops.act(t, shops.upload(t, "Company;FirstName;LastName;Email;IntercomFeature;Device\nBlue;Ann;Lee;ann@example.com;1;\"Door,0,0C11050B9851\"\nRed;Bob;Roe;;0;\n").ID, "apply")
	out = shops.export(t)
	if again := shops.upload(t, out); p.Phase != "applied" || again.Counts.Same != 2 || !strings.Contains(out, "Blue,Ann,Lee,ann@example.com") {
		t.Errorf("%+v %s", shops.rows(t, again.ID, ""), out)
	}
	if p = shops.act(t, p.ID, "undo"); p.Phase != "undone" || strings.Count(shops.export(t), "\n") != 1 {
		t.Errorf("%+v %s", p, shops.export(t))
	}
}

// The template has its columns with hints and an example that no import takes for a row; sheets that installers have are read with their titles,
// their order, and without titles.
//
// shows TPL-02 by cloud/template/export.go: "Title: c.Title.In(language), Comment: c.Hint.In(language), Width: c.Width, Required: c.Required, Options: c.Options," => "Title: c.Title.In(language),"
// shows BEY-23 by cloud/template/columns.go: "for _, t := range c.Also {" => "for _, t := range c.Also[:0] {"
func TestImport_TemplatesAndSheetsThatInstallersHave(t *testing.T) {
	srv := cloudtest.Start(t, "")
	h := cloudtest.NewHouse(t, srv)
	s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
	for _, language := range []string{"en", "de"} {
		file := s.Do(t, http.MethodGet, s.site+"/template?format=xlsx&language="+language, nil)
		book, err := sheet.Read(file.Body)
		if err != nil || len(book.Sheets[0].Rows) != 2 || len(book.Sheets[0].Rows[0].Cells) != 16 || !bytes.Contains(file.Body, []byte("xl/comments")) {
			t.Fatalf("%s: %v %+v", language, err, book)
		}
		if a := s.Do(t, http.MethodPost, s.site+"/imports", string(file.Body)); !strings.Contains(a.Field("file"), "no rows under them") {
			t.Errorf("%s: the example was read: %s", language, a.Body)
		}
	}
	for name, file := range map[string]string{
		"other titles":  "Our houses\n\nSurname,Forename,Flat,Block\nGreen,Lily,201,A\n",
		"without title": "A,5,201,,,Lily,Green\n",
		"in German":     "Gebäude;Wohnung;Vorname;Nachname\nA;201;Lily;Green\n",
	} {
		p := s.upload(t, file)
		if rows := s.rows(t, p.ID, ""); p.Counts.Add != 1 || rows[0].Cells[2] != "201" || rows[0].Cells[5] != "Lily" {
			t.Errorf("%s: %+v %+v", name, p, rows)
		}
	}
}
