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
