package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"vestibule/cloud/hub/embedded"
	"vestibule/deploy/measure"
	"vestibule/shared/domain"
)

// standing is a broker that is measured alone: ours, or Mosquitto with the rules of deploy/cluster.
type standing struct {
	name    string
	address string
	words   []string
	process *measure.Process
}

// serveFlag makes this program our broker alone, at an address, with the files of a folder: what the harness does to itself.
const serveFlag = "serve"

func newOurs(dir string) (*standing, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p, err := freePorts()
	return &standing{name: "ours", address: p.MQTT, words: []string{self, "-" + serveFlag, p.MQTT, "-keep", dir}}, err
}

func newMosquitto(dir string) (*standing, error) {
	p, err := freePorts()
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(p.MQTT)
	if err != nil {
		return nil, err
	}
	rules := "pattern write v1/%u/up/+\npattern read v1/%u/down/+\n"
	conf := fmt.Sprintf(`persistence false
allow_anonymous false
acl_file %[1]s/rules.acl
log_type none
user root
max_packet_size 65792
max_keepalive 120
max_inflight_messages 64
max_queued_messages 256
listener %[2]s 127.0.0.1
cafile %[1]s/ca.pem
certfile %[1]s/broker.pem
keyfile %[1]s/broker.key
require_certificate true
use_identity_as_username true
use_username_as_clientid true
tls_version tlsv1.3
`, dir, port)
	for name, text := range map[string]string{"rules.acl": rules, "mosquitto.conf": conf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return &standing{name: "Mosquitto", address: p.MQTT, words: []string{"mosquitto", "-c", filepath.Join(dir, "mosquitto.conf")}}, nil
}

// start runs the broker on the core of the peers and waits until it listens.
func (s *standing) start(ctx context.Context) error {
	words := append(append([]string{}, measure.OnPeerCore...), s.words...)
	var err error
	if s.process, err = measure.Start(s.name, words[0], words[1:]...); err != nil {
		return err
	}
	return measure.Eventually(ctx, 20*time.Second, s.name+" listens", func() (bool, error) {
		if s.process.Ended() {
			return false, fmt.Errorf("%s ended: %s", s.name, s.process.Said)
		}
		conn, err := net.DialTimeout("tcp", s.address, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil, nil
	})
}

// serve is our broker alone: it asks the authority of a folder who is there, and forgets what it hears.
func serve(ctx context.Context, address, dir string) error {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, certFile), filepath.Join(dir, keyFile))
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(filepath.Join(dir, caFile))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	h, err := embedded.New(embedded.Config{
		Listener: listener, TLS: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13},
		Admit: func(_ context.Context, chain []*x509.Certificate) (domain.AgentID, error) {
			if _, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
				return domain.AgentID{}, err
			}
			return domain.ParseID[domain.AgentID](chain[0].Subject.CommonName)
		},
		Handle: func(context.Context, domain.AgentID, []byte) {}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	if err := h.Run(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
