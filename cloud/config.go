package cloud

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/tunnel"
	"vestibule/cloud/webhook"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Config says where the service listens and keeps its things. Addresses are host:port; port 0 takes a free one.
type Config struct {
	HTTP     string // portal and API; without TLSCert on loopback only
	Agents   string // HTTPS for agents: /enroll and /renew
	MQTT     string // MQTT over TLS for agents; not with a Broker
	Broker   string // mqtts://host:port of an external broker's listener for the cloud, or nats://host:port,host:port of nodes of NATS; empty: the broker inside
	DataDir  string // vestibule.db, master.key, setup-token; made with mode 0700
	Database string // postgres://…; empty: SQLite in DataDir
	TLSCert  string // PEM files for HTTP; both or none
	TLSKey   string

	// TrustedProxies are reverse proxies (CIDR) whose X-Forwarded-For tells the real address; nobody else's is believed.
	TrustedProxies []netip.Prefix

	// RemoteDomain is under which devices' own pages get their hosts, such as remote.example.net: a registrable domain that is not the portal's, with
	// every name below it leading to HTTP. Empty: no Remote Control.
	RemoteDomain string
	RemoteLives  time.Duration // of one session; zero is the service's own, and no flag sets another

	PublicURL  string // how people reach HTTP; default: the listening address, by the name localhost on loopback
	AgentsHost string // host or host:port by which agents reach Agents; default: the listening address
	BrokerHost string // the same for MQTT

	Drain time.Duration // how long the service says at its end that it goes, and serves on, before it takes no more requests; zero: nobody looks

	Metrics     string // where Prometheus asks, on loopback or in a private network; empty: nowhere
	BackupStamp string // a file that every good backup touches, so that the age of the last one is a number; empty: not known
	Version     string // of the program, for its numbers

	Region string // which regional cloud this is, such as ecloud (account.RegionEurope, the default) or ucloud

	LegacyOffices bool                            // installers may make old office projects; off: those come by migration alone
	Scenarios     map[domain.SiteVariant][]string // application scenarios of commercial sites; nil: the built-in ones

	KeepLogDays int    // how long rows of the log are kept where a site says nothing; 0: for ever
	LogArchive  string // folder for rows of the log that leave; empty: they are gone

	Mail MailConfig // how mails leave

	Turn TurnConfig // for media between agents that have no direct way to each other

	Webhooks webhook.Net // the way to receivers; zero is the internet. Tests lead to receivers of their own

	HashCost account.HashCost // of passwords; zero is the service's own, and no flag sets another. Tests take a small one

	Logger *slog.Logger
}

// maxDrain is the longest Drain: who ends a process waits no longer for it.
const maxDrain = 5 * time.Minute

// check finds every fault that can be seen without touching anything.
func (c Config) check() error {
	var f fault.Fields
	for _, l := range []struct{ flag, address string }{{"http", c.HTTP}, {"agents", c.Agents}, {"mqtt", c.MQTT}} {
		if l.flag == "mqtt" && c.Broker != "" {
			continue
		}
		_, err := net.ResolveTCPAddr("tcp", l.address)
		f.Check(err == nil && l.address != "", l.flag, "%q is not an address to listen on, such as 127.0.0.1:8080.", l.address)
	}
	if c.Broker != "" {
		_, _, ok := c.broker()
		f.Check(ok, "broker", "%q is not an address such as mqtts://broker.example.com:8884 or nats://one.example.com:4222,two.example.com:4222.", c.Broker)
		_, _, err := net.SplitHostPort(c.BrokerHost)
		f.Check(err == nil, "mqtt-host", "With --broker this is the host:port of the broker's listener for agents.")
	}
	f.Check(c.DataDir != "", "data", "A folder for the service's data.")
	f.Check((c.TLSCert == "") == (c.TLSKey == ""), "tls-key", "Certificate and key go together.")
	f.Check(c.Database == "" || strings.HasPrefix(c.Database, "postgres://") || strings.HasPrefix(c.Database, "postgresql://"),
		"database", "postgres://user@host/name, or nothing for SQLite in the data folder.")
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		f.Check(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && strings.Trim(u.Path, "/") == "" && u.User == nil,
			"public-url", "%q is not an address such as https://doors.example.com.", c.PublicURL)
	}
	f.Check(c.RemoteDomain == "" || tunnel.Separate(c.RemoteDomain, c.portalHost()), "remote-domain",
		"%q must be a name such as remote.example.net, whose registrable domain is not the portal's.", c.RemoteDomain)
	if c.TLSCert == "" && c.HTTP != "" {
		f.Check(loopback(c.HTTP), "http", "%q is not on loopback: that needs --tls-cert and --tls-key.", c.HTTP)
	}
	f.Check(c.Drain >= 0 && c.Drain <= maxDrain, "drain", "%v is not between 0s and %v.", c.Drain, maxDrain)
	f.Check(c.Region == "" || account.IsRegion(c.Region), "region", "%q is not one of %s.", c.Region, strings.Join(account.Regions(), ", "))
	checkMetrics(&f, c.Metrics)
	checkLog(&f, c)
	c.Mail.check(f.Check)
	c.Turn.check(f.Check)
	f.Check(c.Logger != nil, "logger", "A logger.")
	if err := f.Err(); err != nil {
		var words []string
		for _, field := range fault.FieldsOf(err) {
			words = append(words, "--"+field.Path+": "+field.Msg)
		}
		return errors.New(strings.Join(words, " "))
	}
	return nil
}

func checkLog(f *fault.Fields, c Config) {
	f.Check(c.KeepLogDays == 0 || c.KeepLogDays >= eventlog.LeastDays && c.KeepLogDays <= eventlog.MostDays, "keep-log",
		"0 (for ever) or %d to %d days.", eventlog.LeastDays, eventlog.MostDays)
}

// Kinds of external brokers.
const (
	brokerMQTT = "mqtts"
	brokerNATS = "nats"
)

// broker gives the kind of the external broker and the host:port of its listeners for the cloud: one, or with NATS one of each node.
func (c Config) broker() (kind string, addresses []string, ok bool) {
	kind, rest, found := strings.Cut(c.Broker, "://")
	if !found || kind != brokerMQTT && kind != brokerNATS {
		return "", nil, false
	}
	addresses = strings.Split(rest, ",")
	for _, a := range addresses {
		u, err := url.Parse(kind + "://" + a)
		if err != nil || u.Hostname() == "" || u.Port() == "" || u.Host != a {
			return "", nil, false
		}
	}
	return kind, addresses, kind == brokerNATS || len(addresses) == 1
}

// brokerNames are names that the certificate of an external broker carries beside the one for agents.
func (c Config) brokerNames() []string {
	_, addresses, _ := c.broker()
	return addresses
}

// portalHost is the name that people reach the portal by, as far as it was configured.
func (c Config) portalHost() string {
	if u, err := url.Parse(c.PublicURL); err == nil && c.PublicURL != "" {
		return u.Hostname()
	}
	return "localhost"
}

// loopback tells whether an address is reachable from this machine alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (c Config) dsn() string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + filepath.Join(c.DataDir, "vestibule.db")
}

// listeners are the open ports.
type listeners struct {
	http, agents, mqtt, metrics net.Listener   // the last two may be nil
	turn                        net.PacketConn // nil without a relay
}

// listen opens the ports; when one is taken the others are closed again.
func (c Config) listen() (listeners, error) {
	var l listeners
	for _, p := range []struct {
		flag, address string
		into          *net.Listener
	}{{"http", c.HTTP, &l.http}, {"agents", c.Agents, &l.agents}, {"mqtt", c.MQTT, &l.mqtt}, {"metrics", c.Metrics, &l.metrics}} {
		if p.flag == "mqtt" && c.Broker != "" || p.flag == "metrics" && c.Metrics == "" {
			continue
		}
		opened, err := net.Listen("tcp", p.address)
		if err != nil {
			l.close()
			return listeners{}, fmt.Errorf("--%s: %w", p.flag, err)
		}
		*p.into = opened
	}
	if c.Turn.Listen != "" {
		var err error
		if l.turn, err = net.ListenPacket("udp4", c.Turn.Listen); err != nil {
			l.close()
			return listeners{}, fmt.Errorf("--turn: %w", err)
		}
	}
	if c.TLSCert == "" {
		return l, nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		l.close()
		return listeners{}, fmt.Errorf("--tls-cert: %w", err)
	}
	l.http = tls.NewListener(l.http, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}})
	return l, nil
}

func (l listeners) close() {
	for _, one := range []net.Listener{l.http, l.agents, l.mqtt, l.metrics} {
		if one != nil {
			_ = one.Close()
		}
	}
	if l.turn != nil {
		_ = l.turn.Close()
	}
}

// reach gives the host:port by which others reach a listener: what was configured, with the listener's port when it names none, else the
// listening address; for a listener on every address the machine's own address in its network.
func reach(configured string, l net.Listener) string {
	host, port, _ := net.SplitHostPort(l.Addr().String())
	if configured != "" {
		if _, _, err := net.SplitHostPort(configured); err == nil {
			return configured
		}
		return net.JoinHostPort(configured, port)
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		host = ownAddress()
	}
	return net.JoinHostPort(host, port)
}

// named gives plain HTTP on loopback its name: browsers keep passkeys for names, never for numbers.
func named(hostport, scheme string) string {
	host, port, _ := net.SplitHostPort(hostport)
	if scheme == "http" && loopback(hostport) && host != "" {
		return net.JoinHostPort("localhost", port)
	}
	return hostport
}

// ownAddress is the first IPv4 address of this machine that is not loopback; loopback when there is none.
func ownAddress() string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return "127.0.0.1"
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	return "127.0.0.1"
}
