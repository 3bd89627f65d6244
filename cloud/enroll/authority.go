package enroll

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// Lifetimes. backdate forgives clocks of boxes that run a little behind.
const (
	AgentLifetime  = 180 * 24 * time.Hour
	serverLifetime = 90 * 24 * time.Hour
	rotateServerAt = 30 * 24 * time.Hour
	rootLifetime   = 30 * 365 * 24 * time.Hour
	middleLifetime = 15 * 365 * 24 * time.Hour
	backdate       = time.Hour
)

// Names of stored keys.
const (
	keyRoot    = "root"
	keyAgents  = "agents"
	keyServers = "servers"
	keyBroker  = "broker" // of the clouds at an external broker
	keyIssuer  = "broker issuer"
	keyCommand = "command"
)

// agentDomain is where the names of agents' certificates live; it exists nowhere else, and their authority may sign no other name.
const agentDomain = "agent.vestibule.invalid"

// StoredKey is a private key as it rests: Chain holds certificates (DER, own first) or the public key, Secret is sealed.
type StoredKey struct {
	Name      string
	Chain     [][]byte
	Secret    []byte
	CreatedAt time.Time
}

// authority is a certificate authority in memory.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// authorities is everything that signs.
type authorities struct {
	root, agents, servers authority
	command               ed25519.PrivateKey
}

// load reads the authorities, or makes them on the first start.
func (s *Service) load(ctx context.Context) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.LockKeys(ctx); err != nil {
			return err
		}
		var err error
		if s.ca.root, err = s.authority(ctx, keyRoot, s.makeRoot); err != nil {
			return err
		}
		if s.ca.agents, err = s.authority(ctx, keyAgents, func() (authority, error) { return s.makeMiddle("Vestibule agents", agentsMayBe) }); err != nil {
			return err
		}
		if s.ca.servers, err = s.authority(ctx, keyServers, s.makeServers); err != nil {
			return err
		}
		s.ca.command, err = s.signing(ctx, keyCommand)
		return err
	})
}

// authority reads one or makes and stores it.
func (s *Service) authority(ctx context.Context, name string, create func() (authority, error)) (authority, error) {
	var a authority
	stored, err := s.Store.ReadKey(ctx, name)
	if fault.CodeOf(err) == fault.NotFound {
		if a, err = create(); err != nil {
			return a, fmt.Errorf("make authority %s: %w", name, err)
		}
		return a, s.keep(ctx, name, a)
	}
	if err != nil {
		return a, err
	}
	raw, err := s.Sealer.Open("authority "+name, stored.Secret)
	if err != nil {
		return a, fmt.Errorf("authority %s: %w", name, err)
	}
	if len(stored.Chain) == 0 {
		return a, fmt.Errorf("authority %s has no certificate", name)
	}
	if a.cert, err = x509.ParseCertificate(stored.Chain[0]); err != nil {
		return a, fmt.Errorf("authority %s: %w", name, err)
	}
	if a.key, err = x509.ParseECPrivateKey(raw); err != nil {
		return a, fmt.Errorf("authority %s: %w", name, err)
	}
	if !a.key.PublicKey.Equal(a.cert.PublicKey) {
		return a, fmt.Errorf("authority %s: the certificate is not the one of its key", name)
	}
	return a, nil
}

// keep stores an authority with its key sealed.
func (s *Service) keep(ctx context.Context, name string, a authority) error {
	raw, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		return err
	}
	secret, err := s.Sealer.Seal("authority "+name, raw)
	if err != nil {
		return err
	}
	return s.Store.PutKey(ctx, StoredKey{Name: name, Chain: [][]byte{a.cert.Raw}, Secret: secret, CreatedAt: s.Now().UTC()})
}

// signing reads a key that signs what is no certificate, or makes and stores it.
func (s *Service) signing(ctx context.Context, name string) (ed25519.PrivateKey, error) {
	stored, err := s.Store.ReadKey(ctx, name)
	if fault.CodeOf(err) == fault.NotFound {
		public, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		secret, err := s.Sealer.Seal("authority "+name, key.Seed())
		if err != nil {
			return nil, err
		}
		return key, s.Store.PutKey(ctx, StoredKey{Name: name, Chain: [][]byte{public}, Secret: secret, CreatedAt: s.Now().UTC()})
	}
	if err != nil {
		return nil, err
	}
	seed, err := s.Sealer.Open("authority "+name, stored.Secret)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("key %s: %w", name, err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func (s *Service) makeRoot() (authority, error) { return s.makeTop("Vestibule root") }

// makeTop makes an authority above which there is none.
func (s *Service) makeTop(name string) (authority, error) {
	t := template(name, s.Now(), rootLifetime)
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLen = true, true, 1
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	cert, err := issue(t, t, &key.PublicKey, key)
	return authority{cert, key}, err
}

// makeMiddle makes an authority below the root that may only sign what limit says (RFC 5280 section 4.2.1.10, enforced by Go's verifier).
func (s *Service) makeMiddle(name string, limit func(*x509.Certificate)) (authority, error) {
	t := template(name, s.Now(), middleLifetime)
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	limit(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return authority{}, err
	}
	cert, err := issue(t, s.ca.root.cert, &key.PublicKey, s.ca.root.key)
	return authority{cert, key}, err
}

func agentsMayBe(t *x509.Certificate) {
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	t.PermittedDNSDomainsCritical = true
	t.PermittedDNSDomains = []string{agentDomain}
	t.ExcludedIPRanges = everyAddress()
}

// makeServers makes the servers' authority for the names in force: none but these and what stands below them.
func (s *Service) makeServers() (authority, error) {
	return s.makeMiddle("Vestibule servers", func(t *x509.Certificate) {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		t.PermittedDNSDomainsCritical = true
		for _, name := range s.names {
			if ip := net.ParseIP(name); ip != nil {
				t.PermittedIPRanges = append(t.PermittedIPRanges, exactly(ip))
			} else {
				t.PermittedDNSDomains = append(t.PermittedDNSDomains, name)
			}
		}
		if len(t.PermittedIPRanges) == 0 {
			t.ExcludedIPRanges = everyAddress()
		}
		if len(t.PermittedDNSDomains) == 0 {
			t.ExcludedDNSDomains = []string{agentDomain}
		}
	})
}

func everyAddress() []*net.IPNet {
	return []*net.IPNet{{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, {IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}}
}

func exactly(ip net.IP) *net.IPNet {
	if v4 := ip.To4(); v4 != nil {
		return &net.IPNet{IP: v4, Mask: net.CIDRMask(32, 32)}
	}
	return &net.IPNet{IP: ip, Mask: net.CIDRMask(128, 128)}
}

// signAgent makes the certificate of an agent: every field but the key is ours.
func (s *Service) signAgent(agent domain.AgentID, key *ecdsa.PublicKey) (*x509.Certificate, error) {
	t := template(agent.String(), s.Now(), AgentLifetime)
	t.DNSNames = []string{agent.String() + "." + agentDomain}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return issue(t, s.ca.agents.cert, key, s.ca.agents.key)
}

func template(name string, now time.Time, lifetime time.Duration) *x509.Certificate {
	serial := make([]byte, 16)
	// crypto/rand never fails: the runtime ends the program when the system has no randomness.
	_, _ = rand.Read(serial)
	serial[0] &= 0x7f
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.UTC().Add(-backdate), NotAfter: now.UTC().Add(lifetime),
	}
}

func issue(t, parent *x509.Certificate, key *ecdsa.PublicKey, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// requested takes the key out of a certificate request; everything else in it is ignored. It must be P-256 and prove possession.
func requested(der []byte) (*ecdsa.PublicKey, error) {
	bad := fault.New(fault.Invalid, "The certificate request must be PKCS #10 with a P-256 key and its signature.")
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil || csr.CheckSignature() != nil {
		return nil, bad
	}
	key, ok := csr.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, bad
	}
	return key, nil
}

// CommandKey signs commands.
func (s *Service) CommandKey() ed25519.PrivateKey { return s.ca.command }

// CommandKeys gives the public keys that agents believe.
func (s *Service) CommandKeys() [][]byte {
	return [][]byte{s.ca.command.Public().(ed25519.PublicKey)}
}

// Roots gives what the service's certificates come from (DER).
func (s *Service) Roots() [][]byte { return [][]byte{s.ca.root.cert.Raw} }

// claimLink is what is scanned: it pins the root.
func (s *Service) claimLink(code string) string {
	return wire.ClaimLink{Host: s.AgentsHost, Root: sha256.Sum256(s.ca.root.cert.Raw), Code: code}.String()
}
