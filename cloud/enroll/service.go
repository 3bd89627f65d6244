package enroll

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/limit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

type claimKind struct{}

// ClaimID names a claim code in the database.
type ClaimID = domain.ID[claimKind]

// ClaimCode is a stored code: only its hash is known.
type ClaimCode struct {
	ID        ClaimID
	Site      domain.SiteID
	Hash      [32]byte
	CreatedBy domain.AccountID
	CreatedAt time.Time
	ExpiresAt time.Time
}

// NewAgent is an agent at its birth.
type NewAgent struct {
	ID         domain.AgentID
	Site       domain.SiteID
	Name       string
	ConfigKey  []byte
	Version    string
	Generation uint32
	CreatedAt  time.Time
}

// Certificate is one of an agent's certificates.
type Certificate struct {
	Fingerprint [32]byte // SHA-256 of Leaf
	Site        domain.SiteID
	Agent       domain.AgentID
	Leaf        []byte // DER
	CreatedAt   time.Time
	ExpiresAt   time.Time
	Revoked     bool // the certificate's or the agent's
}

// Store keeps keys, codes, agents and certificates. Every method joins the transaction of its context.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// LockKeys lets one process at a time make keys.
	LockKeys(ctx context.Context) error
	ReadKey(ctx context.Context, name string) (StoredKey, error)
	PutKey(ctx context.Context, k StoredKey) error

	// SeeSite is NotFound for a site that the caller of ctx may not see.
	SeeSite(ctx context.Context, site domain.SiteID) error
	InsertClaim(ctx context.Context, c ClaimCode) error
	ClaimsSince(ctx context.Context, site domain.SiteID, since time.Time) (int, error)
	// UseClaim marks a code used by agent, if it is unused and not expired at now, and gives its site; else NotFound.
	UseClaim(ctx context.Context, hash [32]byte, agent domain.AgentID, now time.Time) (domain.SiteID, error)
	// LockSite keeps edits of a site out until the transaction ends.
	LockSite(ctx context.Context, site domain.SiteID) error
	CountAgents(ctx context.Context, site domain.SiteID) (int, error)
	InsertAgent(ctx context.Context, a NewAgent) error
	InsertCertificate(ctx context.Context, c Certificate) error
	ReadCertificate(ctx context.Context, fingerprint [32]byte) (Certificate, error)
	// CertificatesOf gives every certificate that an agent ever had.
	CertificatesOf(ctx context.Context, agent domain.AgentID) ([]Certificate, error)
	CertificatesSince(ctx context.Context, agent domain.AgentID, since time.Time) (int, error)
	SiteOf(ctx context.Context, agent domain.AgentID) (domain.SiteID, error)
	SiteName(ctx context.Context, site domain.SiteID) (string, error)
	// RevokeAgent marks the agent and its certificates; NotFound when the site has no such agent that the caller may see.
	RevokeAgent(ctx context.Context, site domain.SiteID, agent domain.AgentID, now time.Time) error
}

// Sealer encrypts what rests in the database; only the same purpose opens it.
type Sealer interface {
	Seal(purpose string, plain []byte) ([]byte, error)
	Open(purpose string, sealed []byte) ([]byte, error)
}

// Config is what the service stands on.
type Config struct {
	Store      Store
	Sealer     Sealer
	AgentsHost string   // host:port of the agents' HTTPS listener, as agents reach it
	BrokerHost string   // host:port of MQTT over TLS, as agents reach it
	ServerName string   // the name in the certificates of both; default: the host of BrokerHost
	Names      []string // more names and addresses that certificates carry
	Now        func() time.Time
	Logger     *slog.Logger

	// OnEnrolled runs inside the transaction that makes an agent, OnRevoked inside the one that revokes it; AfterRevoke after commit.
	OnEnrolled  func(ctx context.Context, site domain.SiteID, agent domain.AgentID) error
	OnRevoked   func(ctx context.Context, site domain.SiteID, agent domain.AgentID) error
	AfterRevoke func(ctx context.Context, agent domain.AgentID)
}

// Claim is a fresh code for a person to carry to the agent.
type Claim struct {
	Code      string    `json:"code"`
	Link      string    `json:"link"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Service makes and ends agents. Its methods may be called by any goroutine.
type Service struct {
	Config
	ca       authorities
	names    []string
	attempts *limit.Limiter[string]
	mu       sync.Mutex // guards the server certificate
	server   *serverCertificate
}

// Limits of claiming.
const (
	CodeLifetime    = 15 * time.Minute
	claimsPerHour   = 60 // codes of one site
	renewalsPerDay  = 24 // certificates of one agent
	firstGeneration = 1
)

// New reads the authorities, or makes them on the first start.
func New(ctx context.Context, cfg Config) (*Service, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Logger = cfg.Logger.With(logkey.Component, "enroll")
	s := &Service{Config: cfg, attempts: limit.New[string](20, 3*time.Second)}
	s.names = serverNames(cfg)
	if s.ServerName == "" && len(s.names) > 0 {
		s.ServerName = s.names[0]
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// NewClaim makes a code for a site that the caller of ctx may see. It is shown once; only its hash is stored.
func (s *Service) NewClaim(ctx context.Context, site domain.SiteID, by domain.AccountID) (Claim, error) {
	var random [wire.CodeLength]byte
	_, _ = rand.Read(random[:]) // never fails, see template
	code := wire.NewCode(random)
	now := s.Now().UTC()
	c := ClaimCode{
		ID: domain.NewID[ClaimID](now), Site: site, Hash: sha256.Sum256([]byte(code)),
		CreatedBy: by, CreatedAt: now, ExpiresAt: now.Add(CodeLifetime),
	}
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SeeSite(ctx, site); err != nil {
			return err
		}
		n, err := s.Store.ClaimsSince(ctx, site, now.Add(-time.Hour))
		if err != nil {
			return err
		}
		if n >= claimsPerHour {
			return fault.New(fault.Limit, "This site made %d claim codes in an hour. Try again later.", n)
		}
		return s.Store.InsertClaim(ctx, c)
	})
	if err != nil {
		return Claim{}, err
	}
	return Claim{Code: wire.ShowCode(code), Link: s.claimLink(code), ExpiresAt: c.ExpiresAt}, nil
}

// errCode is the one refusal of every code that cannot be used.
var errCode = fault.New(fault.Forbidden, "This claim code cannot be used. Ask for a new one in the portal.")

// enroll consumes a code and stores agent and certificate in one transaction.
func (s *Service) enroll(ctx context.Context, r wire.EnrollRequest) (wire.EnrollAnswer, error) {
	var answer wire.EnrollAnswer
	if r.Proto < wire.MinProto || r.Proto > wire.Proto {
		return answer, fault.New(fault.Invalid, "Protocol %d is not spoken here.", r.Proto)
	}
	key, err := requested(r.CSR)
	if err != nil {
		return answer, err
	}
	if _, err := ecdh.X25519().NewPublicKey(r.ConfigKey); err != nil {
		return answer, fault.New(fault.Invalid, "The configuration key must be an X25519 public key.")
	}
	code, err := wire.ParseCode(r.Code)
	if err != nil {
		code = "" // an impossible code takes the same way as an unknown one
	}
	now := s.Now().UTC()
	agent := NewAgent{
		ID: domain.NewID[domain.AgentID](now), ConfigKey: r.ConfigKey, Version: r.Version, Generation: firstGeneration, CreatedAt: now,
	}
	var leaf *x509.Certificate
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		site, err := s.Store.UseClaim(ctx, sha256.Sum256([]byte(code)), agent.ID, now)
		if fault.CodeOf(err) == fault.NotFound {
			return errCode
		}
		if err != nil {
			return err
		}
		agent.Site = site
		ctx = account.AsSystem(ctx, "enrolment")
		// First of all: the hook edits the site, and a row of it that is added before would hold up the lock of another enrolment.
		if err := s.Store.LockSite(ctx, site); err != nil {
			return err
		}
		n, err := s.Store.CountAgents(ctx, site)
		if err != nil {
			return err
		}
		agent.Name = "Agent " + strconv.Itoa(n+1)
		if err := s.Store.InsertAgent(ctx, agent); err != nil {
			return err
		}
		if leaf, err = s.certify(ctx, site, agent.ID, key, now); err != nil {
			return err
		}
		if answer.SiteName, err = s.Store.SiteName(ctx, site); err != nil {
			return err
		}
		if s.OnEnrolled != nil {
			return s.OnEnrolled(ctx, site, agent.ID)
		}
		return nil
	})
	if err != nil {
		return wire.EnrollAnswer{}, err
	}
	s.Logger.InfoContext(ctx, "agent enrolled", logkey.Site, agent.Site, logkey.Agent, agent.ID, logkey.Version, r.Version)
	answer.Agent, answer.Site, answer.Generation = agent.ID, agent.Site, firstGeneration
	answer.Chain, answer.Roots, answer.CommandKeys = s.chain(leaf), s.Roots(), s.CommandKeys()
	answer.Broker, answer.ServerName = s.BrokerHost, s.ServerName
	return answer, nil
}

// certify signs and stores a certificate.
func (s *Service) certify(ctx context.Context, site domain.SiteID, agent domain.AgentID, key *ecdsa.PublicKey, now time.Time) (*x509.Certificate, error) {
	leaf, err := s.signAgent(agent, key)
	if err != nil {
		return nil, err
	}
	return leaf, s.Store.InsertCertificate(ctx, Certificate{
		Fingerprint: sha256.Sum256(leaf.Raw), Site: site, Agent: agent, Leaf: leaf.Raw, CreatedAt: now, ExpiresAt: leaf.NotAfter,
	})
}

func (s *Service) chain(leaf *x509.Certificate) [][]byte {
	return [][]byte{leaf.Raw, s.ca.agents.cert.Raw}
}

// Renew answers a renewal over the link: the connection has proven who asks.
func (s *Service) Renew(ctx context.Context, agent domain.AgentID, r wire.Renew) wire.Renewed {
	chain, err := s.renew(ctx, agent, r.CSR)
	if err != nil {
		s.Logger.WarnContext(ctx, "certificate is not renewed", logkey.Agent, agent, logkey.Err, err)
		return wire.Renewed{Refuse: fault.Message(err)}
	}
	return wire.Renewed{Chain: chain}
}

func (s *Service) renew(ctx context.Context, agent domain.AgentID, csr []byte) ([][]byte, error) {
	key, err := requested(csr)
	if err != nil {
		return nil, err
	}
	now := s.Now().UTC()
	var leaf *x509.Certificate
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		site, err := s.Store.SiteOf(ctx, agent)
		if err != nil {
			return err
		}
		n, err := s.Store.CertificatesSince(ctx, agent, now.Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if n >= renewalsPerDay {
			return fault.New(fault.Limit, "This agent had %d certificates in a day. Try again later.", n)
		}
		leaf, err = s.certify(ctx, site, agent, key, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.Logger.InfoContext(ctx, "certificate renewed", logkey.Agent, agent)
	return s.chain(leaf), nil
}

// Revoke ends an agent of a site that the caller of ctx may see: its certificates are refused from now on and its link is cut.
func (s *Service) Revoke(ctx context.Context, site domain.SiteID, agent domain.AgentID) error {
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.RevokeAgent(ctx, site, agent, s.Now().UTC()); err != nil {
			return err
		}
		if s.OnRevoked != nil {
			return s.OnRevoked(ctx, site, agent)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Logger.InfoContext(ctx, "agent revoked", logkey.Site, site, logkey.Agent, agent)
	if s.AfterRevoke != nil {
		s.AfterRevoke(ctx, agent)
	}
	return nil
}

// Admit tells which agent stands behind a client's certificates (leaf first): the chain must come from the agents' authority, be known
// here and not be revoked. It is asked at every connection.
func (s *Service) Admit(ctx context.Context, chain []*x509.Certificate) (domain.AgentID, error) {
	return s.admit(ctx, chain, false)
}

var errCertificate = fault.New(fault.Unauthenticated, "This certificate does not let an agent in.")

// admit verifies a chain; with late an expired leaf counts as long as it is not revoked.
func (s *Service) admit(ctx context.Context, chain []*x509.Certificate, late bool) (domain.AgentID, error) {
	var agent domain.AgentID
	if len(chain) == 0 {
		return agent, errCertificate
	}
	leaf := chain[0]
	at := s.Now()
	if late && at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.ca.agents.cert)
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return agent, fault.Wrap(err, fault.Unauthenticated, "%s", errCertificate.Msg)
	}
	if agent, err = domain.ParseID[domain.AgentID](leaf.Subject.CommonName); err != nil {
		return agent, errCertificate
	}
	stored, err := s.Store.ReadCertificate(ctx, sha256.Sum256(leaf.Raw))
	if fault.CodeOf(err) == fault.NotFound || err == nil && (stored.Revoked || stored.Agent != agent) {
		return domain.AgentID{}, errCertificate
	}
	if err != nil {
		return domain.AgentID{}, err
	}
	return agent, nil
}
