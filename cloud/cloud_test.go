package cloud_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/seal"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/wire"
)

func config(folder string) cloud.Config {
	return cloud.Config{HTTP: "127.0.0.1:0", Agents: "127.0.0.1:0", MQTT: "127.0.0.1:0", DataDir: folder, Logger: slog.New(slog.DiscardHandler)}
}

func TestNew_RefusesWhatCannotWorkAndMakesNothing(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct {
		spoil func(c *cloud.Config)
		word  string
	}{
		"no address":           {func(c *cloud.Config) { c.HTTP = "" }, "--http"},
		"a wrong port":         {func(c *cloud.Config) { c.MQTT = "127.0.0.1:99999" }, "--mqtt"},
		"a taken port":         {func(c *cloud.Config) { c.Agents = taken.Addr().String() }, "--agents"},
		"plain HTTP for all":   {func(c *cloud.Config) { c.HTTP = "0.0.0.0:0" }, "--tls-cert"},
		"half a certificate":   {func(c *cloud.Config) { c.TLSCert = "/nowhere.pem" }, "--tls-key"},
		"no certificate":       {func(c *cloud.Config) { c.TLSCert, c.TLSKey = "/nowhere.pem", "/nowhere.key" }, "--tls-cert"},
		"another database":     {func(c *cloud.Config) { c.Database = "mysql://x" }, "--database"},
		"a database not there": {func(c *cloud.Config) { c.Database = "postgres://a:planted@127.0.0.1:1/x?connect_timeout=3" }, "database"},
		"a strange public URL": {func(c *cloud.Config) { c.PublicURL = "ftp://x" }, "--public-url"},
		"no folder":            {func(c *cloud.Config) { c.DataDir = "" }, "--data"},
		"a file as folder":     {func(c *cloud.Config) { c.DataDir = "/dev/null/x" }, "--data"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "data")
			cfg := config(folder)
			c.spoil(&cfg)
			made, err := cloud.New(t.Context(), cfg)
			if err == nil {
				t.Fatalf("it started at %+v", made.Addresses())
			}
			if !strings.Contains(err.Error(), c.word) || strings.Contains(err.Error(), "planted") {
				t.Errorf("told %q, want a word about %s", err, c.word)
			}
			if _, err := os.Stat(folder); !os.IsNotExist(err) {
				t.Errorf("something was made: %v", err)
			}
		})
	}
}

func TestNew_MissingMasterKeyIsNotReplaced(t *testing.T) {
	folder := t.TempDir()
	for range 2 { // a second start finds everything again
		run(t, config(folder), nil)
	}
	key := filepath.Join(folder, seal.KeyFile)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := cloud.New(t.Context(), config(folder)); err == nil || !strings.Contains(err.Error(), "master.key is missing") {
		t.Fatalf("a lost key: %v", err)
	}
	if _, err := os.Stat(key); !os.IsNotExist(err) {
		t.Error("a new key was made over sealed data")
	}
}

// run starts a cloud, does something and ends it.
func run(t *testing.T, cfg cloud.Config, do func(c *cloud.Cloud)) {
	t.Helper()
	c, err := cloud.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	if do != nil {
		do(c)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// shows ACC-01 by cloud/cloud.go: "SetUp: c.forgetSetupToken,"
func TestSetupLink_WorksOnceAndIsInNoLog(t *testing.T) {
	folder := t.TempDir()
	cfg := config(folder)
	var log cloudtest.Log
	cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	file := filepath.Join(folder, cloud.SetupTokenFile)
	var first string
	run(t, cfg, func(c *cloud.Cloud) { first = c.SetupLink() })
	run(t, cfg, func(c *cloud.Cloud) {
		link := c.SetupLink()
		address, token, ok := strings.Cut(link, "/setup#token=")
		if !ok || address != c.Addresses().PublicURL || len(token) != 43 || link == first {
			t.Fatalf("link %q", link)
		}
		stored, err := os.ReadFile(file)
		if err != nil || strings.TrimSpace(string(stored)) != token {
			t.Errorf("file %q %v", stored, err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info, err)
		}
		form := cloudtest.Object{"token": token, "email": "ada@example.com", "password": cloudtest.Password, "name": "Ada", "organisation": "Doors Ltd"}
		nobody := cloudtest.Client{URL: address}
		if a := nobody.Do(t, http.MethodPost, "/setup", form); a.Status != http.StatusCreated || a.Header.Get("Set-Cookie") == "" {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("the file stays: %v", err)
		}
		if a := nobody.Do(t, http.MethodPost, "/setup", form); a.Status != http.StatusForbidden {
			t.Errorf("used again: %d %s", a.Status, a.Body)
		}
		if strings.Contains(log.String(), token) || bytes.Contains([]byte(log.String()), []byte(cloudtest.Password)) {
			t.Error("the log holds a secret")
		}
	})
	run(t, cfg, func(c *cloud.Cloud) {
		if c.SetupLink() != "" {
			t.Error("a set-up link although there is an account")
		}
	})
}

// certificate writes a self-signed certificate for 127.0.0.1.
func certificate(t *testing.T, folder string) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(parsed)
	return cert, key, roots
}

func TestHTTPS_CookiesAreSecure(t *testing.T) {
	folder := t.TempDir()
	cfg := config(filepath.Join(folder, "data"))
	var roots *x509.CertPool
	cfg.TLSCert, cfg.TLSKey, roots = certificate(t, folder)
	run(t, cfg, func(c *cloud.Cloud) {
		address, token, _ := strings.Cut(c.SetupLink(), "/setup#token=")
		if !strings.HasPrefix(address, "https://127.0.0.1:") {
			t.Fatalf("address %q", address)
		}
		form, err := json.Marshal(cloudtest.Object{"token": token, "email": "ada@example.com", "password": cloudtest.Password, "name": "Ada", "organisation": "Doors Ltd"})
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
		response, err := client.Post(address+"/api/v1/setup", "application/json", bytes.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if cookie := response.Header.Get("Set-Cookie"); response.StatusCode != http.StatusCreated || !strings.Contains(cookie, "Secure") {
			t.Errorf("%d, cookie %q", response.StatusCode, cookie)
		}
		if response.Header.Get("Strict-Transport-Security") == "" {
			t.Error("no Strict-Transport-Security")
		}
	})
}

func TestPortal_FilesAndDeepLinks(t *testing.T) {
	s := cloudtest.Start(t, "")
	get := func(method, path string) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	for _, path := range []string{"/", "/sites/some/devices", "/setup"} {
		r := get(http.MethodGet, path)
		body, err := io.ReadAll(r.Body)
		built := bytes.Contains(body, []byte("<html")) && r.StatusCode == http.StatusOK
		said := bytes.Contains(body, []byte("make portal")) && r.StatusCode == http.StatusNotFound
		if err != nil || !built && !said {
			t.Errorf("%s: %d %.200s", path, r.StatusCode, body)
		}
		policy := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/assets/none.js", http.StatusNotFound},
		{http.MethodGet, "/../../etc/passwd.txt", http.StatusNotFound},
		{http.MethodGet, "/api/v2", http.StatusNotFound},
		{http.MethodGet, "/api/v1/none", http.StatusNotFound},
		{http.MethodPost, "/", http.StatusMethodNotAllowed},
		{http.MethodPatch, "/api/v1/sites", http.StatusMethodNotAllowed},
		{http.MethodGet, "/healthz", http.StatusOK},
	} {
		if r := get(c.method, c.path); r.StatusCode != c.status {
			t.Errorf("%s %s: %d", c.method, c.path, r.StatusCode)
		}
	}
}

// claim enrols an agent as a box does: pinned root, fresh key, code of the link.
func claim(t *testing.T, link string) wire.EnrollAnswer {
	t.Helper()
	l, err := wire.ParseClaimLink(link)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	configKey, err := wire.NewConfigKey()
	if err != nil {
		t.Fatal(err)
	}
	body, err := wire.Marshal(wire.EnrollRequest{Code: l.Code, CSR: csr, ConfigKey: configKey.PublicKey().Bytes(), Version: "1.2.3", Proto: wire.Proto})
	if err != nil {
		t.Fatal(err)
	}
	pinned := &tls.Config{
		InsecureSkipVerify: true, // the pin of the link is checked instead
		VerifyConnection: func(state tls.ConnectionState) error {
			for _, c := range state.PeerCertificates {
				if sha256.Sum256(c.Raw) == l.Root {
					return nil
				}
			}
			t.Error("the root of the link is not in the chain")
			return nil
		},
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: pinned}}
	response, err := client.Post("https://"+l.Host+"/enroll", "application/cbor", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", response.StatusCode, data, err)
	}
	var answer wire.EnrollAnswer
	if err := wire.Unmarshal(data, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestClaim_AgentActsForTheGroupUntilItIsRevoked(t *testing.T) {
	for name, dsn := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresDSN} {
		t.Run(name, func(t *testing.T) {
			s := cloudtest.Start(t, dsn(t))
			c := s.SetUp(t)
			site := "/sites/" + cloudtest.Want[struct{ ID string }](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{"name": "A", "time_zone": "UTC"}).ID
			enrol := func() string {
				t.Helper()
				link := cloudtest.Want[struct{ Link string }](t, c, http.StatusCreated, http.MethodPost, site+"/claims", nil).Link
				answer := claim(t, link)
				if answer.Broker != s.Cloud.Addresses().MQTT.String() || answer.SiteName != "A" {
					t.Errorf("%+v", answer)
				}
				return answer.Agent.String()
			}
			acting := func() []string {
				t.Helper()
				groups := cloudtest.Want[struct{ Items []struct{ Agents []string } }](t, c, http.StatusOK, http.MethodGet, site+"/groups", nil)
				return groups.Items[0].Agents
			}
			first := enrol()
			second := enrol()
			if got := acting(); len(got) != 1 || got[0] != first {
				t.Fatalf("acting: %v, want %s", got, first)
			}
			agents := cloudtest.Want[struct {
				Items []struct {
					ID       string
					Version  string
					Presence struct{ State string }
				}
			}](t, c, http.StatusOK, http.MethodGet, site+"/agents", nil)
			if len(agents.Items) != 2 || agents.Items[0].Version != "1.2.3" || agents.Items[0].Presence.State != "never" {
				t.Errorf("%+v", agents)
			}
			if a := c.Do(t, http.MethodDelete, site+"/agents/"+first, nil); a.Status != http.StatusNoContent {
				t.Fatalf("%d %s", a.Status, a.Body)
			}
			if got := acting(); len(got) != 0 {
				t.Errorf("after revocation: %v", got)
			}
			group := cloudtest.Want[struct{ Items []struct{ ID string } }](t, c, http.StatusOK, http.MethodGet, site+"/groups", nil).Items[0].ID
			a := c.Do(t, http.MethodPut, site+"/groups/"+group, cloudtest.Object{"name": "Network 1", "agents": []string{first}})
			if a.Status != http.StatusUnprocessableEntity || a.Field("agents") == "" {
				t.Errorf("a revoked agent: %d %s", a.Status, a.Body)
			}
			cloudtest.Want[struct{ ID string }](t, c, http.StatusOK, http.MethodPut, site+"/groups/"+group, cloudtest.Object{"name": "Network 1", "agents": []string{second}})
			if got := acting(); len(got) != 1 || got[0] != second {
				t.Errorf("acting: %v, want %s", got, second)
			}
			if n := cloudtest.Want[struct{ Counts struct{ Agents int } }](t, c, http.StatusOK, http.MethodGet, site, nil); n.Counts.Agents != 1 {
				t.Errorf("%+v", n)
			}
		})
	}
}
