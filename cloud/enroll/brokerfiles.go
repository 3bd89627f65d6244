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

// BrokerUser is the name of the cloud at an external broker: its rules name it.
const BrokerUser = "vestibule-cloud"

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

// BrokerTLS is for a connection of the cloud to an external broker at host: the broker shows a certificate of BrokerFiles, the cloud one of its own.
func (s *Service) BrokerTLS(ctx context.Context, host string) (*tls.Config, error) {
	by, err := s.brokerAuthority(ctx)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.ca.root.cert)
	return &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: roots, ServerName: host, Time: s.Now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return s.brokerClient(by) },
	}, nil
}

// brokerClient makes the cloud's certificate for one connection; its key is in memory alone.
func (s *Service) brokerClient(by authority) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := template(BrokerUser, s.Now(), brokerClientLifetime)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
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
