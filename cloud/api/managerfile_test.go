package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
	"vestibule/cloud/sheet"
)

// A sheet of managers is shown first, then done: the address is the key, blanks keep what is there, one project a row; wrong rows are listed, and the
// right ones are done all the same.
//
// shows PM-13 TPL-17 by cloud/template/managers.go: "m, err = f.accounts.EditManager(ctx, m.ID, form)"
func TestManagerFile_AddsAndChanges(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, srv *cloudtest.Server) {
		h := cloudtest.NewHouse(t, srv)
		siteOf(t, h.Installer, "community", "Seaside")
		siteOf(t, h.Installer, "community", "Harbour")
		read := func(query, text string) []planRow {
			return cloudtest.Want[struct{ Items []planRow }](t, h.Installer, http.StatusOK, http.MethodPost, "/managers/file"+query, text).Items
		}
		managers := func() string {
			return string(h.Installer.Do(t, http.MethodGet, "/managers", nil).Body)
		}
		const file = "First Name,Last Name,Email,Language,Project\nMia,Moss,mia@example.com,,Seaside\n,,mia@example.com,da,Harbour\n" +
			",,new@example.com,xx,\"Seaside, Harbour\"\nAda,Two,ada@example.com,,\n"
		const want = "4:first_name/required 4:last_name/required 4:language/unknown_language 4:project/unknown_project 5:email/email_conflict"
		tried := read("", file)
		if got := codes(tried); got != want || tried[0].State != "add" || tried[1].State != "change" || strings.Contains(managers(), "mia@") {
			t.Fatalf("%s %+v", got, tried)
		}
		done := read("?apply=true", file)
		if got := codes(done); got != want || done[0].State != "add" {
			t.Fatalf("%s %+v", got, done)
		}
		srv.Mails.Wait(t, "mia@example.com", func(m cloudtest.Mail) bool { return m.Link != "" })
		list := managers()
		for _, part := range []string{"Seaside", "Harbour", `"language":"da"`, `"first_name":"Mia"`} {
			if !strings.Contains(list, part) {
				t.Errorf("%s is missing: %s", part, list)
			}
		}
		if got := codes(read("?apply=true", "First Name,Last Name,Email\nMia,Moss,\"mia@example.com; ada@example.com\"\n")); got != "2:email/bad_email" {
			t.Errorf("two managers in one cell: %s", got)
		}
		if again := read("?apply=true", "Email\nmia@example.com\n"); len(again) != 1 || again[0].State != "same" {
			t.Errorf("%+v", again)
		}
	})
}

// The sheet of MACs is read as a book too.
//
// shows TPL-16 by cloud/template/managers.go: "out[i] = fleet.MACText{" => "_, out[i] = strconv.Itoa(row.Line), fleet.MACText{Path: \"line[1]\"}; _ = fleet.MACText{"
func TestMACs_FileAsABook(t *testing.T) {
	srv := cloudtest.Start(t, "")
	h := cloudtest.NewHouse(t, srv)
	file := h.Installer.Do(t, http.MethodGet, "/macs/template", nil)
	if book, err := sheet.Read(file.Body); err != nil || book.Sheets[0].Rows[0].Cells[0] != "MAC" {
		t.Fatalf("%v %+v", err, book)
	}
	var out bytes.Buffer
	table := sheet.Table{Name: "MACs", Columns: []sheet.Column{{Title: "MAC"}}, Rows: [][]string{{"0C11050893CA"}, {"0c:11:05:08:93:cb"}}}
	if err := sheet.WriteBook(&out, table); err != nil {
		t.Fatal(err)
	}
	if a := h.Installer.Do(t, http.MethodPost, "/macs/file", out.String()); a.Status != http.StatusOK || !strings.Contains(string(a.Body), `"added":2`) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
}

// What a file of MACs added is taken out again in one go; one that a device has meanwhile, or that somebody took out, keeps all of them there and is
// named.
//
// shows BEY-08 MAC-01 by cloud/fleet/macs.go: "return &fault.Error{Code: fault.Conflict, Msg: "Nothing was taken out: some of these MACs must stay.", Fields: blocked}"
func TestMACs_AFileIsTakenBack(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, srv *cloudtest.Server) {
		h := cloudtest.NewHouse(t, srv)
		s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
		register(t, h.Installer, "", "0C11050893CA") // before the file
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPost, "/macs/file", "MAC\n0C11050893CB\n0C11050893CC\n0C11050893CD\n")
		file := cloudtest.Object{"macs": []string{"0C11050893CB", "0C11050893CC", "0C11050893CD"}}
		p := s.act(t, s.upload(t, "Building;Apt;Device\nA;101;\"Bell,2,0C11050893CC\"\n").ID, "apply")
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, "/macs/0C11050893CD", nil)
		a := h.Installer.Do(t, http.MethodPost, "/macs/remove", file)
		if a.Status != http.StatusConflict || a.Field("macs[1]") != "0C11050893CC: The device Bell of Seaside is bound to this MAC. Delete it or give it another MAC first." ||
			a.Field("macs[2]") != "0C11050893CD: This MAC does not exist." || a.Field("macs[0]") != "" {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		if n := libraryOf(t, h.Installer, "").Total; n != 3 {
			t.Errorf("%d MACs: something was taken out", n)
		}
		s.act(t, p.ID, "undo")
		register(t, h.Installer, "", "0C11050893CD")
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodPost, "/macs/remove", file)
		if left := libraryOf(t, h.Installer, ""); left.Total != 1 || left.Items[0].MAC != "0C11050893CA" {
			t.Errorf("%+v", left)
		}
	})
}
