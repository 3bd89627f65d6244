package enroll

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// Vault keeps the identity: the agent's store.
type Vault interface {
	Identity(ctx context.Context) (Identity, bool, error)
	// Adopt stores the identity of a new claim and forgets everything of an earlier one, in one transaction.
	Adopt(ctx context.Context, id Identity) error
	SaveIdentity(ctx context.Context, id Identity) error
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	PendingKey(ctx context.Context) ([]byte, error)
	SavePendingKey(ctx context.Context, pem []byte) error
	ClearPendingKey(ctx context.Context) error
}

// Config is what claims and renewals need. Vault and Version are required.
type Config struct {
	Vault   Vault
	Version string           // of the agent
	Now     func() time.Time // what certificates are judged by; nil: the machine's clock
	Logger  *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Request is a claim: a link alone, or a typed code with an address.
type Request struct {
	Link     string // vestibule://…
	Code     string // as typed
	Address  string // host or host:port of the cloud's listener for agents
	RootFile string // PEM roots to trust instead of the public ones; optional with Address
	Again    bool   // claim although there is an identity: the earlier one and all its data go
}

// defaultPort is the agents' listener when a typed address names none.
const defaultPort = "8443"

// Claimer claims the agent for a site. One claim runs at a time.
type Claimer struct {
	cfg Config
	mu  sync.Mutex
}

// NewClaimer makes a Claimer.
func NewClaimer(cfg Config) *Claimer { return &Claimer{cfg: cfg.withDefaults()} }

// Claim presents the code, checks what comes back and stores it in one transaction; until then nothing is stored. The
// errors are words for the person: Invalid (the text), Conflict (claimed already), Forbidden (the cloud refused), Limit, Unavailable.
func (c *Claimer) Claim(ctx context.Context, r Request) (Identity, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, claimed, err := c.cfg.Vault.Identity(ctx); err != nil {
		return Identity{}, err
	} else if claimed && !r.Again {
		return Identity{}, fault.New(fault.Conflict, "This agent belongs to the site %q already.", old.SiteName)
	}
	target, err := resolve(r)
	if err != nil {
		return Identity{}, err
	}
	if target.tls, err = target.trust(c.cfg.Now); err != nil {
		return Identity{}, err
	}
	id, err := c.ask(ctx, target)
	if err != nil {
		c.cfg.Logger.Info("claim refused", logkey.Addr, target.host, logkey.Err, err)
		return Identity{}, err
	}
	if err := c.cfg.Vault.Adopt(ctx, id); err != nil {
		return Identity{}, fmt.Errorf("store the claim: %w", err)
	}
	c.cfg.Logger.Info("claimed", logkey.Agent, id.Agent, logkey.Site, id.Site)
	return id, nil
}

// target is whom to ask and how to know that it is he.
type target struct {
	host string // host:port
	code string
	pin  []byte // SHA-256 of the root; nil: public roots or rootFile
	file string
	tls  *tls.Config
}

func resolve(r Request) (target, error) {
	if strings.TrimSpace(r.Link) != "" {
		link, err := wire.ParseClaimLink(r.Link)
		if err != nil {
			return target{}, err
		}
		return target{host: link.Host, code: link.Code, pin: link.Root[:]}, nil
	}
	code, err := wire.ParseCode(r.Code)
	if err != nil {
		return target{}, err
	}
	host := strings.TrimSpace(r.Address)
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(strings.Trim(host, "[]"), defaultPort)
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil || name == "" || port == "" || strings.ContainsAny(host, "/@?# ") {
		return target{}, fault.New(fault.Invalid, "The address of the cloud is needed, such as cloud.example.com.")
	}
	return target{host: host, code: code, file: r.RootFile}, nil
}

// trust gives the TLS configuration: a pinned root, the roots of a file, or the public ones.
func (t target) trust(now func() time.Time) (*tls.Config, error) {
	name, _, err := net.SplitHostPort(t.host)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The address of the cloud cannot be read.")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, ServerName: name, Time: now}
	switch {
	case t.pin != nil:
		config.InsecureSkipVerify = true //nolint:gosec // the chain is verified against the pinned root just below
		config.VerifyConnection = func(s tls.ConnectionState) error { return verifyPinned(s.PeerCertificates, t.pin, now()) }
	case t.file != "":
		text, err := os.ReadFile(t.file)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "The file of roots cannot be read.")
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fault.New(fault.Invalid, "The file of roots has no certificate in it.")
		}
	}
	return config, nil
}

// verifyPinned wants the pinned root among the presented certificates and an unbroken chain of server certificates below
// it. The name is not compared: below this root there are no servers but the cloud's, and the address in a link may be any way to it.
func verifyPinned(presented []*x509.Certificate, pin []byte, now time.Time) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	found := false
	for _, cert := range presented {
		if sum := sha256.Sum256(cert.Raw); bytes.Equal(sum[:], pin) {
			roots.AddCert(cert)
			found = true
		} else {
			between.AddCert(cert)
		}
	}
	if !found {
		return fault.New(fault.Forbidden, "The cloud at this address is not the one that made the link.")
	}
	_, err := presented[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: notBefore(now, presented[0]), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return fault.Wrap(err, fault.Forbidden, "The certificate of the cloud is not valid.")
}

// ask makes the keys, presents the code and checks the answer.
func (c *Claimer) ask(ctx context.Context, t target) (Identity, error) {
	key, csr, err := newKey()
	if err != nil {
		return Identity{}, err
	}
	configKey, err := wire.NewConfigKey()
	if err != nil {
		return Identity{}, err
	}
	private, err := configKey.Bytes()
	if err != nil {
		return Identity{}, err
	}
	var answer wire.EnrollAnswer
	err = post(ctx, t.tls, t.host, "/enroll", wire.EnrollRequest{
		Code: t.code, CSR: csr, ConfigKey: configKey.PublicKey().Bytes(), Version: c.cfg.Version, Proto: wire.Proto,
	}, &answer)
	if err != nil {
		return Identity{}, err
	}
	id := Identity{
		Agent: answer.Agent, Site: answer.Site, SiteName: answer.SiteName, Generation: answer.Generation, Broker: answer.Broker,
		ServerName: answer.ServerName, Host: t.host, Chain: answer.Chain, Roots: answer.Roots, CommandKeys: answer.CommandKeys,
		ConfigKey: secret.New(base64.StdEncoding.EncodeToString(private)),
	}
	if id.Key, err = keyPEM(key); err != nil {
		return Identity{}, err
	}
	return id, id.check(key, t.pin, c.cfg.Now())
}

// check refuses an answer that the agent could not live with.
func (id Identity) check(key *ecdsa.PrivateKey, pin []byte, now time.Time) error {
	bad := func(what string) error {
		return fault.New(fault.Unavailable, "The cloud's answer is not usable: %s.", what)
	}
	if id.Agent.IsZero() || id.Site.IsZero() || id.ServerName == "" {
		return bad("it names no agent")
	}
	if _, _, err := net.SplitHostPort(id.Broker); err != nil {
		return bad("it names no broker")
	}
	if len(id.CommandKeys) == 0 {
		return bad("it names no command key")
	}
	for _, k := range id.CommandKeys {
		if len(k) != ed25519.PublicKeySize {
			return bad("a command key is malformed")
		}
	}
	pinned := pin == nil
	for _, der := range id.Roots {
		sum := sha256.Sum256(der)
		pinned = pinned || bytes.Equal(sum[:], pin)
	}
	if !pinned {
		return bad("its roots are not those of the link")
	}
	if err := checkChain(id.Chain, id.Roots, id.Agent, &key.PublicKey, now); err != nil {
		return bad(fault.Message(err))
	}
	return nil
}

// checkChain wants a client certificate for agent and key, below one of roots.
func checkChain(chain, roots [][]byte, agent domain.AgentID, key *ecdsa.PublicKey, now time.Time) error {
	bad := func(what string) error { return fault.New(fault.Invalid, "%s", what) }
	if len(chain) == 0 || len(roots) == 0 {
		return bad("a certificate is missing")
	}
	pool, between := x509.NewCertPool(), x509.NewCertPool()
	for _, der := range roots {
		root, err := x509.ParseCertificate(der)
		if err != nil {
			return bad("a root is malformed")
		}
		pool.AddCert(root)
	}
	var leaf *x509.Certificate
	for i, der := range chain {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return bad("a certificate is malformed")
		}
		if i == 0 {
			leaf = cert
		} else {
			between.AddCert(cert)
		}
	}
	if !key.Equal(leaf.PublicKey) {
		return bad("the certificate is for another key")
	}
	if leaf.Subject.CommonName != agent.String() {
		return bad("the certificate is for another agent")
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: pool, Intermediates: between, CurrentTime: notBefore(now, leaf), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return bad("the certificate does not verify")
	}
	return nil
}

// notBefore is now, or the beginning of a certificate that was made after it: a box without a clock is behind, and the
// root it was told to trust vouches for more than its clock does.
func notBefore(now time.Time, cert *x509.Certificate) time.Time {
	if now.Before(cert.NotBefore) {
		return cert.NotBefore
	}
	return now
}

// newKey makes a P-256 key and a request for it; the cloud ignores the subject.
func newKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	csr, err := request(key)
	return key, csr, err
}

func request(key *ecdsa.PrivateKey) ([]byte, error) {
	return x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
}

// RootPEM writes roots as PEM, for a file that Request.RootFile names.
func RootPEM(roots [][]byte) []byte {
	var out []byte
	for _, der := range roots {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return out
}
