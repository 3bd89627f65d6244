package enroll

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"time"
)

// Names of the cloud at an external broker, which its rules name: BrokerUser hears and speaks, BrokerKeeper ends agents' connections where that needs another
// name.
const (
	BrokerUser   = "vestibule-cloud"
	BrokerKeeper = "vestibule-keeper"
)

// brokerClientLifetime is that of the cloud's own certificate at the broker; each start makes a new one in memory.
const brokerClientLifetime = 90 * 24 * time.Hour

// BrokerFiles gives what an external broker needs, PEM by file name: its certificate and key for the names of this cloud, by whom agents are known
// (agents-ca.pem), and by whom the cloud is (cloud-ca.pem).
func (s *Service) BrokerFiles(ctx context.Context) (map[string][]byte, error) {
	server, err := s.certificate(ctx)
	if err != nil {
		return nil, err
	}
	cloud, err := s.brokerAuthority(ctx)
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(server.PrivateKey)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"agents-ca.pem": certificates(s.ca.agents.cert.Raw, s.ca.root.cert.Raw),
		"cloud-ca.pem":  certificates(cloud.cert.Raw),
		"broker.pem":    certificates(server.Certificate...),
		"broker.key":    pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	}, nil
}

// BrokerIssuer is the seed (Ed25519) of the key by which a broker believes the cloud when it answers who may come in.
func (s *Service) BrokerIssuer(ctx context.Context) (seed []byte, err error) {
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.LockKeys(ctx); err != nil {
			return err
		}
		key, err := s.signing(ctx, keyIssuer)
		if err == nil {
			seed = key.Seed()
		}
		return err
	})
	return seed, err
}

// BrokerNode gives a certificate and its key, PEM by file name, by which the nodes of a broker know each other: each is server and client of the others.
func (s *Service) BrokerNode(ctx context.Context) (map[string][]byte, error) {
	by, err := s.brokerAuthority(ctx)
	if err != nil {
		return nil, err
	}
	t := template("vestibule-node", s.Now(), brokerClientLifetime)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	s.forNames(t)
	node, err := own(t, by)
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(node.PrivateKey)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"node.pem": certificates(node.Certificate...), "node.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})}, nil
}

// BrokerTLS is for a connection of the cloud, by one of its names, to an external broker at host: the broker shows a certificate of BrokerFiles, the cloud
// one of its own. Without a host the connection names it.
func (s *Service) BrokerTLS(ctx context.Context, host, user string) (*tls.Config, error) {
	by, err := s.brokerAuthority(ctx)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.ca.root.cert)
	return &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: roots, ServerName: host, Time: s.Now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return s.brokerClient(by, user) },
	}, nil
}

// brokerClient makes the cloud's certificate for one connection; its key is in memory alone.
func (s *Service) brokerClient(by authority, user string) (*tls.Certificate, error) {
	t := template(user, s.Now(), brokerClientLifetime)
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return own(t, by)
}

// own makes a key and its certificate.
func own(t *x509.Certificate, by authority) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	leaf, err := issue(t, by.cert, &key.PublicKey, by.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// brokerAuthority signs the cloud's own certificates at a broker and nothing else; it is made when it is first needed. It does not stand below the root:
// what the root's other authorities sign, agents' certificates among them, must open nothing at the cloud's listener.
func (s *Service) brokerAuthority(ctx context.Context) (a authority, err error) {
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.LockKeys(ctx); err != nil {
			return err
		}
		a, err = s.authority(ctx, keyBroker, func() (authority, error) { return s.makeTop("Vestibule clouds") })
		return err
	})
	return a, err
}

func certificates(list ...[]byte) []byte {
	var out []byte
	for _, der := range list {
		out = slices.Concat(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return out
}
