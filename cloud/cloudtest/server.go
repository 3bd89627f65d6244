package cloudtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/account"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Password is that of every account that the package makes.
const Password = "planted-Passw0rd"

// Cheap is the cost of hashes of passwords in the clouds that the package starts: their accounts are many, and nobody attacks them.
var Cheap = account.HashCost{Memory: 64, Passes: 1}

// Server is a running cloud.
type Server struct {
	Cloud *cloud.Cloud
	URL   string // of portal and API
	DSN   string // of its database
	Log   *Log
	Mails *Mails // its mail server
}

// Log collects what the service logs.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String gives everything logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Start runs a cloud until the test ends. An empty database means SQLite in the test's folder. Each of with may change the configuration.
func Start(t *testing.T, database string, with ...func(*cloud.Config)) *Server {
	t.Helper()
	folder := t.TempDir()
	s := &Server{Log: &Log{}, DSN: database, Mails: CatchMails(t)}
	if database == "" {
		s.DSN = storetest.SQLiteDSN(t, folder)
	}
	cfg := cloud.Config{
		HTTP: "127.0.0.1:0", Agents: "127.0.0.1:0", MQTT: "127.0.0.1:0", DataDir: folder, Database: database, HashCost: Cheap, RemoteDomain: "remote.localhost",
		Logger: slog.New(slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	s.Mails.Into(&cfg)
	for _, change := range with {
		change(&cfg)
	}
	c, err := cloud.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Cloud, s.URL = c, c.Addresses().PublicURL
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the cloud ended: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("the cloud did not end")
		}
	})
	return s
}

// Client talks to the API with one session; an empty Token is nobody.
type Client struct {
	URL   string
	Token string
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Field gives the message at a path of a problem document; empty when there is none.
func (a Answer) Field(path string) string {
	var p struct {
		Errors []struct{ Path, Message string }
	}
	_ = json.Unmarshal(a.Body, &p)
	for _, e := range p.Errors {
		if e.Path == path {
			return e.Message
		}
	}
	return ""
}

// below gives the absolute path of one that may be meant below /api/v1.
func below(path string) string {
	if strings.HasPrefix(path, "/api/") || path == "/healthz" || path == "/readyz" {
		return path
	}
	return "/api/v1" + path
}

// Do sends a request; body is JSON-encoded unless it is a string or nil. path is absolute or below /api/v1. Header holds names and values by
// turns; a name that comes again is sent again.
func (c Client) Do(t *testing.T, method, path string, body any, header ...string) Answer {
	t.Helper()
	var content io.Reader
	if text, ok := body.(string); ok {
		content = strings.NewReader(text)
	} else if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, c.URL+below(path), content)
	if err != nil {
		t.Fatal(err)
	}
	if content != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: data}
}

// Want sends a request, wants the status and reads the answer into a T.
func Want[T any](t *testing.T, c Client, status int, method, path string, body any) T {
	t.Helper()
	a := c.Do(t, method, path, body)
	if a.Status != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, a.Status, status, a.Body)
	}
	var out T
	if len(a.Body) > 0 {
		if err := json.Unmarshal(a.Body, &out); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, a.Body)
		}
	}
	return out
}

// Object is a JSON object.
type Object = map[string]any

// SetUp makes the first account by the set-up link and signs it in.
func (s *Server) SetUp(t *testing.T) Client {
	t.Helper()
	_, token, ok := strings.Cut(s.Cloud.SetupLink(), "#token=")
	if !ok {
		t.Fatal("no set-up link")
	}
	signed := Want[struct{ Token string }](t, Client{URL: s.URL}, http.StatusCreated, http.MethodPost, "/setup", Object{
		"token": token, "email": "ada@example.com", "password": Password, "name": "Ada", "organisation": "Doors Ltd", "bearer": true,
	})
	return Client{URL: s.URL, Token: signed.Token}
}

// Stranger makes an installer organisation beside the others, with an account, and signs it in.
func (s *Server) Stranger(t *testing.T) Client {
	t.Helper()
	db, err := store.Open(t.Context(), s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	passwords, err := account.NewPasswords(Cheap)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := passwords.Hash(t.Context(), secret.New(Password))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	org := account.Org{ID: domain.NewID[domain.OrgID](now), Kind: account.OrgInstaller, Name: "Rivals Ltd", CreatedAt: now}
	if err := db.SaveOrg(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	a := account.Account{
		ID: domain.NewID[domain.AccountID](now), Org: org, Email: org.ID.String() + "@example.com", Name: "Eve", Role: account.RoleInstaller,
		PasswordHash: hash, CreatedAt: now, EmailVerifiedAt: now, ActivatedAt: now, AgreedVersion: 1,
	}
	if err := db.SaveAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	signed := Want[struct{ Token string }](t, Client{URL: s.URL}, http.StatusOK, http.MethodPost, "/session", Object{
		"email": a.Email, "password": Password, "bearer": true,
	})
	return Client{URL: s.URL, Token: signed.Token}
}
