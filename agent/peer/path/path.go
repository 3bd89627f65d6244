package path

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v3"

	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Turn is a login at a TURN server; without addresses there is none.
type Turn struct {
	URLs           []string
	User, Password string
}

// Config is what a path needs.
type Config struct {
	Turn     Turn
	TurnOnly bool // no direct way is offered
	Loopback bool // ends on this machine are offered too
	Logger   *slog.Logger
}

// Events are what a path tells, each from a goroutine of its own; none may wait for the path to close.
type Events struct {
	// Candidate is one more way to reach this end (RFC 8839 section 5.1).
	Candidate func(text string)
	// Up: the other end is proved, packets pass.
	Up func()
	// Down comes once: there is no way, there is none any more, or the other end closed.
	Down func(why string)
	// Packet is one of the other end; it is the callee's own until it returns.
	Packet func(rtcp bool, packet []byte)
}

// Local is what the other end has to know of this one before its candidates.
type Local struct {
	Ufrag, Password string
	Fingerprint     []byte // SHA-256 of the certificate
}

// Times of a path. A conversation ends some seconds after nothing arrives any more.
const (
	findWithin   = 12 * time.Second
	proveWithin  = 8 * time.Second
	silentAfter  = 3 * time.Second
	deadAfter    = 4 * time.Second
	relayedAfter = 300 * time.Millisecond // so long a direct way is preferred
)

// Path is one way. Its methods may be called by any goroutine.
type Path struct {
	cfg    Config
	on     Events
	log    *slog.Logger
	agent  *ice.Agent
	cert   tls.Certificate
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	down   func(why string)

	mu      sync.Mutex
	started bool
	closed  bool
	ice     *ice.Conn
	dtls    *dtls.Conn
	out     *srtp.Context // under mu: it is not safe on its own
	in      *srtp.Context // of the reading goroutine, once set
}

// New opens this end and looks for its candidates.
func New(cfg Config, on Events) (*Path, error) {
	cert, err := selfsign.GenerateSelfSigned()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "No certificate for media could be made.")
	}
	p := &Path{cfg: cfg, on: on, log: cfg.Logger, cert: cert}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	var once sync.Once
	p.down = func(why string) { once.Do(func() { on.Down(why) }) }
	options, err := cfg.options()
	if err != nil {
		return nil, err
	}
	if p.agent, err = ice.NewAgentWithOptions(options...); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "No way for media could be opened.")
	}
	if err := errors.Join(
		p.agent.OnCandidate(func(c ice.Candidate) {
			if c != nil {
				on.Candidate(c.Marshal())
			}
		}),
		p.agent.OnConnectionStateChange(p.moved),
		p.agent.GatherCandidates(),
	); err != nil {
		_ = p.agent.Close()
		return nil, fault.Wrap(err, fault.Internal, "No way for media could be opened.")
	}
	return p, nil
}

func (c Config) options() ([]ice.AgentOption, error) {
	kinds := []ice.CandidateType{ice.CandidateTypeHost, ice.CandidateTypeServerReflexive, ice.CandidateTypeRelay}
	if c.TurnOnly {
		kinds = kinds[2:]
	}
	options := []ice.AgentOption{
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}),
		ice.WithCandidateTypes(kinds), ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithDisconnectedTimeout(silentAfter), ice.WithFailedTimeout(deadAfter), ice.WithKeepaliveInterval(time.Second),
		ice.WithRelayAcceptanceMinWait(relayedAfter), ice.WithLoggerFactory(quiet{}),
	}
	if c.Loopback {
		options = append(options, ice.WithIncludeLoopback())
	}
	var relays []*stun.URI
	for _, text := range c.Turn.URLs {
		u, err := stun.ParseURI(text)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "The address of the TURN server cannot be read.")
		}
		u.Username, u.Password = c.Turn.User, c.Turn.Password
		relays = append(relays, u)
	}
	if len(relays) > 0 {
		options = append(options, ice.WithUrls(relays))
	}
	return options, nil
}

// Local gives what the other end has to know.
func (p *Path) Local() (Local, error) {
	ufrag, password, err := p.agent.GetLocalUserCredentials()
	if err != nil {
		return Local{}, fault.Wrap(err, fault.Internal, "The way for media is closed.")
	}
	print := sha256.Sum256(p.cert.Certificate[0])
	return Local{Ufrag: ufrag, Password: password, Fingerprint: print[:]}, nil
}

// Candidate takes one more way to the other end; one that cannot be read is left out.
func (p *Path) Candidate(text string) {
	c, err := ice.UnmarshalCandidate(text)
	if err == nil {
		err = p.agent.AddRemoteCandidate(c)
	}
	if err != nil {
		p.log.Debug("a candidate is left out", logkey.Err, err)
	}
}

// Start looks for the way to the other end. calling: this end began the leg.
func (p *Path) Start(other Local, calling bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started || p.closed {
		return
	}
	p.started = true
	p.work.Go(func() {
		if err := p.connect(other, calling); err != nil {
			p.log.Info("no way for media", logkey.Err, err)
			p.down("no_media_path")
		}
	})
}

func (p *Path) connect(other Local, calling bool) error {
	ctx, cancel := context.WithTimeout(p.ctx, findWithin)
	defer cancel()
	find := p.agent.Accept
	if calling {
		find = p.agent.Dial
	}
	conn, err := find(ctx, other.Ufrag, other.Password)
	if err != nil {
		return err
	}
	packets := newPackets(conn)
	p.mu.Lock()
	p.ice = conn
	p.mu.Unlock()
	p.work.Go(func() { p.read(conn, packets) })
	if err := p.prove(packets, other.Fingerprint, calling); err != nil {
		return err
	}
	p.log.Info("media passes", slog.String(logkey.Route, p.route()))
	p.on.Up()
	return nil
}

// route tells over what: "host to host" is direct, "relay to relay" is not.
func (p *Path) route() string {
	pair, err := p.agent.GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return "unknown"
	}
	return pair.Local.Type().String() + " to " + pair.Remote.Type().String()
}

// prove runs the DTLS handshake and takes the keys. The answering end is the client (RFC 5763 section 5).
//
// Invariant: no key is taken unless the certificate of the other end has the fingerprint (TestPath_AnotherCertificateGetsNothing).
func (p *Path) prove(packets *packets, fingerprint []byte, calling bool) error {
	verify := func(raw [][]byte, _ [][]*x509.Certificate) error {
		if len(raw) == 0 || len(fingerprint) != sha256.Size || sha256.Sum256(raw[0]) != [sha256.Size]byte(fingerprint) {
			return fault.New(fault.Unauthenticated, "Another certificate than the announced one.")
		}
		return nil
	}
	shared := []dtls.Option{
		dtls.WithCertificates(p.cert), dtls.WithInsecureSkipVerify(true), dtls.WithVerifyPeerCertificate(verify),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret), dtls.WithLoggerFactory(quiet{}),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
	}
	var c *dtls.Conn
	var err error
	if calling {
		options := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
		for _, o := range shared {
			options = append(options, o)
		}
		c, err = dtls.ServerWithOptions(packets, packets.RemoteAddr(), options...)
	} else {
		options := []dtls.ClientOption{}
		for _, o := range shared {
			options = append(options, o)
		}
		c, err = dtls.ClientWithOptions(packets, packets.RemoteAddr(), options...)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(p.ctx, proveWithin)
	defer cancel()
	if err := c.HandshakeContext(ctx); err != nil {
		return errors.Join(err, c.Close())
	}
	return p.keys(c, !calling)
}

// keys takes the keys of SRTP from the handshake (RFC 5764) and waits for the other end's farewell.
func (p *Path) keys(c *dtls.Conn, client bool) error {
	profile, ok := c.SelectedSRTPProtectionProfile()
	state, known := c.ConnectionState()
	if !ok || !known {
		return errors.Join(fault.New(fault.Internal, "No profile for media was agreed."), c.Close())
	}
	cfg := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := cfg.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		return errors.Join(err, c.Close())
	}
	out, err := srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, cfg.Profile)
	if err != nil {
		return errors.Join(err, c.Close())
	}
	in, err := srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, cfg.Profile, srtp.SRTPReplayProtection(256), srtp.SRTCPReplayProtection(64))
	if err != nil {
		return errors.Join(err, c.Close())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errors.Join(fault.New(fault.Offline, "The way for media is closed."), c.Close())
	}
	p.dtls, p.out, p.in = c, out, in
	p.work.Go(func() {
		buf := make([]byte, 64)
		for {
			if _, err := c.Read(buf); err != nil { // nothing but its end is of interest
				p.down("peer_closed")
				return
			}
		}
	})
	return nil
}

// moved hears of ICE.
func (p *Path) moved(s ice.ConnectionState) {
	if s == ice.ConnectionStateFailed {
		p.down("media_lost")
	}
}

// quiet keeps the libraries' own words out.
type quiet struct{}

// NewLogger implements logging.LoggerFactory.
func (quiet) NewLogger(scope string) logging.LeveledLogger {
	return (&logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}).NewLogger(scope)
}
