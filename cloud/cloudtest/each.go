package cloudtest

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestibule/cloud"
	"vestibule/cloud/store/storetest"
)

// Each runs test once with a cloud on SQLite and once on PostgreSQL. Each of with may change the configuration.
func Each(t *testing.T, test func(t *testing.T, s *Server), with ...func(*cloud.Config)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, Start(t, "", with...)) })
	t.Run("postgres", func(t *testing.T) { test(t, Start(t, storetest.PostgresDSN(t), with...)) })
}

// House is a cloud with the usual three: the operator (Ada), its distributor North Ltd (Dora) and the installer below that, Bell Ltd (Ida).
type House struct {
	*Server
	Operator, Distributor, Installer Client
	North, Bell                      string // ids of the organisations
}

// NewHouse makes the three on a cloud without an account.
func NewHouse(t *testing.T, s *Server) *House {
	t.Helper()
	h := &House{Server: s, Operator: s.SetUp(t)}
	h.North, h.Distributor = s.HandOut(t, h.Operator, "North Ltd", "Dora", "dora@example.com")
	h.Bell, h.Installer = s.HandOut(t, h.Distributor, "Bell Ltd", "Ida", "ida@example.com")
	return h
}

// HandOut makes an organisation below that of by, gives its id, and signs its first account in by the mail that it gets.
func (s *Server) HandOut(t *testing.T, by Client, name, person, email string) (org string, first Client) {
	t.Helper()
	made := Want[struct{ ID string }](t, by, http.StatusCreated, http.MethodPost, "/orgs", Object{
		"name": name, "account": Object{"name": person, "email": email, "language": "en"},
	})
	return made.ID, s.Arrive(t, email)
}

// Arrive waits for the mail with the activation link and uses it.
func (s *Server) Arrive(t *testing.T, email string) Client {
	t.Helper()
	return s.Activate(t, s.Mails.Wait(t, email, func(m Mail) bool { return m.Link != "" }).Link)
}

// Nowhere wants a secret neither in the log nor, on SQLite, in a file of the database.
func (s *Server) Nowhere(t *testing.T, secret string) {
	t.Helper()
	if secret == "" {
		t.Fatal("an empty secret stands everywhere")
	}
	if strings.Contains(s.Log.String(), secret) {
		t.Error("the log holds it")
	}
	path, ok := strings.CutPrefix(s.DSN, "sqlite:")
	if !ok {
		return
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file) //nolint:gosec // the test's own database
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), secret) {
			t.Errorf("%s holds it", filepath.Base(file))
		}
	}
}
