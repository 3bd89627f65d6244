package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
)

// Who asks for it hears by mail how the work on a sheet ended, in their language, with the way to its page and nothing that opens anything.
//
// shows BEY-08 by cloud/template/import.go: "i.Tell = caller.Account"
func TestImport_MailsWhenItIsDone(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, srv *cloudtest.Server) {
		h := cloudtest.NewHouse(t, srv)
		me := cloudtest.Want[struct{ Email string }](t, h.Installer, http.StatusOK, http.MethodGet, "/me", nil)
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPut, "/me", cloudtest.Object{"language": "fr"})
		s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
		quiet := s.act(t, s.upload(t, "Building;Apt\nA;101\n").ID, "apply")
		p := s.upload(t, "Building;Apt\nB;102\nB;103\n")
		page := s.site + "/imports/" + p.ID
		heard := func(subject, says string) {
			t.Helper()
			m := srv.Mails.Wait(t, me.Email, func(m cloudtest.Mail) bool { return m.Subject == subject })
			if m.Language != "fr" || !strings.HasSuffix(m.Link, page) || !strings.Contains(m.Text, says) || strings.Contains(m.Text, "token") {
				t.Errorf("%q: %s, %s\n%s", subject, m.Language, m.Link, m.Text)
			}
		}
		s.act(t, p.ID, "apply?mail=true")
		heard("Appliquée : homes.csv", "Nouvelles lignes : 2. Lignes modifiées : 0.")
		s.act(t, s.upload(t, "Building;Apt;AptName\nB;103;Loft\n").ID, "apply")
		if p = s.act(t, p.ID, "undo?mail=true"); len(p.Blocked) != 1 {
			t.Fatalf("%+v", p)
		}
		heard("Arrêtée : homes.csv", "Rien n’a été modifié.")
		page = s.site + "/imports/" + quiet.ID
		s.act(t, quiet.ID, "undo?mail=true")
		heard("Annulée : homes.csv", "Seaside est comme avant la feuille homes.csv.")
		if n := len(srv.Mails.All(me.Email)); n != 4 { // with the invitation
			t.Errorf("%d mails", n)
		}
	})
}

// A plan that is given up is never applied, not even when its work runs: that ends, and the site is as it was.
//
// shows BEY-08 by cloud/template/work.go: "if i.Phase != phase {" => "if false {"
func TestImport_CancelBeforeItIsApplied(t *testing.T) {
	srv := cloudtest.Start(t, storetest.PostgresDSN(t))
	h := cloudtest.NewHouse(t, srv)
	s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
	before := s.export(t)
	p := s.upload(t, "Building;Apt\nA;101\n")
	if p = s.act(t, p.ID, "cancel"); p.Phase != "cancelled" {
		t.Fatalf("%+v", p)
	}
	if a := s.Do(t, http.MethodPost, s.site+"/imports/"+p.ID+"/apply", nil); a.Status != http.StatusConflict || !strings.Contains(string(a.Body), "This import is cancelled.") {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	p = s.act(t, p.ID, "plan")
	db, err := store.Open(t.Context(), srv.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	site, err := domain.ParseID[domain.SiteID](strings.TrimPrefix(s.site, "/sites/"))
	if err != nil {
		t.Fatal(err)
	}
	err = db.InTx(account.AsSystem(t.Context(), "test"), func(ctx context.Context) error {
		if err := db.LockSite(ctx, site); err != nil {
			return err
		}
		cloudtest.Want[plan](t, s.Client, http.StatusOK, http.MethodPost, s.site+"/imports/"+p.ID+"/apply", nil) // its work waits for the site
		p = cloudtest.Want[plan](t, s.Client, http.StatusOK, http.MethodPost, s.site+"/imports/"+p.ID+"/cancel", nil)
		return nil
	})
	if err != nil || p.Phase != "cancelled" {
		t.Fatalf("%v %+v", err, p)
	}
	next := s.act(t, s.upload(t, "Building;Apt\nB;201\n").ID, "apply") // after the work that was given up
	if out := s.export(t); next.Phase != "applied" || strings.Contains(out, "A,,101") || out == before {
		t.Fatalf("%+v\n%s", next, out)
	}
}
