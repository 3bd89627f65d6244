package cloud_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/mail"
	"vestibule/cloud/store/storetest"
)

// eachDatabase runs a test with the address of an empty database of each engine; an empty one is SQLite in the folder of the cloud.
func eachDatabase(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, "") })
	t.Run("postgres", func(t *testing.T) { test(t, storetest.PostgresDSN(t)) })
}

// outboxRow is a row of the outbox as an operator sees it.
type outboxRow struct {
	To, State, Error string
	Tries            int
}

// outbox waits for a row to an address.
func outbox(t *testing.T, op cloudtest.Client, to string, is func(outboxRow) bool) outboxRow {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for {
		rows := cloudtest.Want[struct{ Items []outboxRow }](t, op, http.StatusOK, http.MethodGet, "/mails", nil).Items
		for _, row := range rows {
			if row.To == to && is(row) {
				return row
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no such row to %s: %+v", to, rows)
		}
	}
}

func tryMail(t *testing.T, op cloudtest.Client, to string) {
	t.Helper()
	cloudtest.Want[any](t, op, http.StatusAccepted, http.MethodPost, "/mails/try", cloudtest.Object{"address": to})
}

// A mail server is trusted by its certificate and asked for a sign-in; a stranger in its place gets neither password nor letter.
func TestMail_OverTLSWithASignIn(t *testing.T) {
	for name, atOnce := range map[string]bool{mail.StartTLS: false, mail.TLS: true} {
		t.Run(name, func(t *testing.T) {
			guarded := cloudtest.CatchGuardedMails(t, atOnce)
			into := func(spoil func(m *cloud.MailConfig)) func(*cloud.Config) {
				return func(cfg *cloud.Config) {
					cfg.Mail = cloud.MailConfig{
						SMTP: guarded.Address, TLS: name, CA: guarded.CA, User: guarded.User, PasswordFile: guarded.PasswordFile, From: "Doors <doors@example.com>",
					}
					spoil(&cfg.Mail)
				}
			}
			trusting := cloudtest.Start(t, "", into(func(*cloud.MailConfig) {}))
			op := trusting.SetUp(t)
			tryMail(t, op, "it@example.com")
			if got := guarded.Wait(t, "it@example.com", nil); got.From != "doors@example.com" || got.Subject != "Mail works" {
				t.Fatalf("%+v", got)
			}
			outbox(t, op, "it@example.com", func(r outboxRow) bool { return r.State == string(mail.Sent) && r.Tries == 1 && r.Error == "" })

			wrong := filepath.Join(t.TempDir(), "password")
			if err := os.WriteFile(wrong, []byte("planted-mail-password\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for words, spoil := range map[string]func(m *cloud.MailConfig){
				"certificate": func(m *cloud.MailConfig) { m.CA = "" },
				"535":         func(m *cloud.MailConfig) { m.PasswordFile = wrong },
			} {
				s := cloudtest.Start(t, "", into(spoil))
				op := s.SetUp(t)
				tryMail(t, op, "nobody@example.com")
				row := outbox(t, op, "nobody@example.com", func(r outboxRow) bool { return r.Tries > 0 })
				if row.State != string(mail.Queued) || !strings.Contains(row.Error, words) {
					t.Errorf("%s: %+v", words, row)
				}
				if strings.Contains(s.Log.String(), "planted-mail-password") || strings.Contains(row.Error, "planted-mail-password") {
					t.Error("the password of the mail server is told")
				}
			}
			if n := len(guarded.All("")); n != 1 {
				t.Errorf("%d mails came", n)
			}
		})
	}
}

// Without a mail server mails may become files, for their owner alone.
func TestMail_IntoAFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "mails")
	s := cloudtest.Start(t, "", func(cfg *cloud.Config) { cfg.Mail = cloud.MailConfig{Folder: folder} })
	op := s.SetUp(t)
	tryMail(t, op, "it@example.com")
	outbox(t, op, "it@example.com", func(r outboxRow) bool { return r.State == string(mail.Sent) })
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 1 || filepath.Ext(files[0]) != ".eml" {
		t.Fatalf("%v %v", files, err)
	}
	for path, want := range map[string]os.FileMode{files[0]: 0o600, folder: os.ModeDir | 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := cloudtest.ParseMail(raw); err != nil || !strings.Contains(got.To, "it@example.com") || got.Subject != "Mail works" || got.HTML == "" || got.Text == "" {
		t.Errorf("%v: %s", err, raw)
	}
	state := cloudtest.Want[map[string]any](t, op, http.StatusOK, http.MethodGet, "/mails/state", nil)
	if state["transport"] != "folder" || state["address"] != folder {
		t.Errorf("%v", state)
	}
}

// What is posted before there is a way out waits for it, over a start of the service.
func TestMail_WaitsForAWayOut(t *testing.T) {
	eachDatabase(t, func(t *testing.T, dsn string) {
		folder, mails := t.TempDir(), cloudtest.CatchMails(t)
		var op cloudtest.Client
		t.Run("without", func(t *testing.T) {
			s := cloudtest.Start(t, dsn, func(cfg *cloud.Config) { cfg.DataDir, cfg.Mail = folder, cloud.MailConfig{} })
			op = s.SetUp(t)
			tryMail(t, op, "it@example.com")
			outbox(t, op, "it@example.com", func(r outboxRow) bool { return r.State == string(mail.Waiting) && r.Tries == 0 })
			state := cloudtest.Want[map[string]any](t, op, http.StatusOK, http.MethodGet, "/mails/state", nil)
			if state["transport"] != "none" || state["waiting"] != 1.0 {
				t.Errorf("%v", state)
			}
		})
		s := cloudtest.Start(t, dsn, func(cfg *cloud.Config) { cfg.DataDir = folder; mails.Into(cfg) })
		op.URL = s.URL
		if got := mails.Wait(t, "it@example.com", nil); got.Subject != "Mail works" {
			t.Errorf("%+v", got)
		}
		outbox(t, op, "it@example.com", func(r outboxRow) bool { return r.State == string(mail.Sent) })
		if state := cloudtest.Want[map[string]any](t, op, http.StatusOK, http.MethodGet, "/mails/state", nil); state["waiting"] != 0.0 {
			t.Errorf("%v", state)
		}
		if n := len(mails.All("")); n != 1 {
			t.Errorf("%d mails came", n)
		}
	})
}
