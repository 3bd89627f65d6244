package turn

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what RFC 8489 section 9.2 and every TURN client compute with
	"encoding/base64"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// Realm is what the relay calls itself when it asks for a login.
const Realm = "vestibule"

// LoginLives is how long a login is good: longer than any call may last.
const LoginLives = 12 * time.Hour

// mostAllocations bounds the relayed ports of one agent: a call takes one, and a dropped one lives on for a while.
const mostAllocations = 64

// Config is what a TURN server needs.
type Config struct {
	Conn    net.PacketConn // taken over: closed at the end
	Public  netip.AddrPort // how agents reach Conn
	Bind    string         // host on which relayed ports are opened
	First   uint16         // relayed ports, First to Last
	Last    uint16
	Allowed []netip.Prefix // private networks that may be relayed to; none by default
	Secret  secret.String
	Now     func() time.Time
	Logger  *slog.Logger
}

// Server is a running TURN server.
type Server struct {
	cfg    Config
	log    *slog.Logger
	server *turn.Server
	used   *counts
}

// New starts the server.
func New(cfg Config) (*Server, error) {
	r := &Server{cfg: cfg, log: cfg.Logger.With(logkey.Component, "turn"), used: &counts{of: map[string]int{}}}
	var err error
	r.server, err = turn.NewServer(turn.ServerConfig{
		Realm:         Realm,
		AuthHandler:   r.authenticate,
		QuotaHandler:  func(user, _ string, _ net.Addr) bool { return r.used.below(owner(user), mostAllocations) },
		EventHandler:  r.used.events(),
		LoggerFactory: quiet{},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn: cfg.Conn, RelayAddressGenerator: &ports{cfg: cfg, net: net.ListenPacket},
			PermissionHandler: func(_ net.Addr, peer net.IP) bool { return r.permits(peer) },
		}},
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The TURN server cannot start.")
	}
	return r, nil
}

// Run serves until ctx ends.
func (r *Server) Run(ctx context.Context) error {
	<-ctx.Done()
	if err := r.server.Close(); err != nil {
		r.log.Warn("the TURN server did not close in order", logkey.Err, err)
	}
	return ctx.Err()
}

// Login makes a login for an agent: the user's name holds the end of its life, the password is a MAC over the name.
func (r *Server) Login(agent domain.AgentID) (wire.TurnLogin, error) {
	user := strconv.FormatInt(r.cfg.Now().Add(LoginLives).Unix(), 10) + ":" + agent.String()
	return wire.TurnLogin{
		URLs: []string{"turn:" + r.cfg.Public.String() + "?transport=udp"},
		User: user, Password: r.password(user), TTLMilli: LoginLives.Milliseconds(),
	}, nil
}

func (r *Server) password(user string) string {
	mac := hmac.New(sha1.New, []byte(r.cfg.Secret.Reveal()))
	mac.Write([]byte(user))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// authenticate gives the key of a login that is still good.
//
// Invariant: a name that this cloud did not give out, or whose end has passed, gets no key (TestTurn_LoginsEnd).
func (r *Server) authenticate(a *turn.RequestAttributes) (string, []byte, bool) {
	until, agent, ok := strings.Cut(a.Username, ":")
	at, err := strconv.ParseInt(until, 10, 64)
	if !ok || err != nil || agent == "" || r.cfg.Now().Unix() > at {
		return "", nil, false
	}
	return a.Username, turn.GenerateAuthKey(a.Username, Realm, r.password(a.Username)), true
}

func owner(user string) string {
	_, agent, _ := strings.Cut(user, ":")
	return agent
}

// permits tells whether anything may be relayed to an address: a public one, the relay's own (its ports are checked at each packet), or one
// of a network that the operator named.
func (r *Server) permits(peer net.IP) bool {
	a, ok := netip.AddrFromSlice(peer)
	if !ok {
		return false
	}
	a = a.Unmap()
	return a == r.cfg.Public.Addr() || r.cfg.allows(a)
}

func (c Config) allows(a netip.Addr) bool {
	for _, p := range c.Allowed {
		if p.Contains(a) {
			return true
		}
	}
	return public(a)
}

// notPublic are networks that are global unicast by their bits and still lead inside: shared address space of providers (RFC 6598), tests,
// addresses that carry IPv4 inside.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("::/96"),
}

func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// quiet keeps the library's own words out: they quote what strangers send.
type quiet struct{}

// NewLogger implements logging.LoggerFactory.
func (quiet) NewLogger(scope string) logging.LeveledLogger {
	return (&logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}).NewLogger(scope)
}
