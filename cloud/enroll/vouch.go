package enroll

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"

	"vestibule/shared/domain"
)

// Vouches gives a function that tells whether an agent signed a message with the key of a certificate that it had, now or earlier. A certificate counts
// only when the agents' authority made it: whoever can write into the database cannot add one.
func (s *Service) Vouches(ctx context.Context, agent domain.AgentID) (func(purpose string, message, signature []byte) bool, error) {
	list, err := s.Store.CertificatesOf(ctx, agent)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.ca.agents.cert)
	var keys []*ecdsa.PublicKey
	for _, c := range list {
		leaf, err := x509.ParseCertificate(c.Leaf)
		if err != nil || leaf.Subject.CommonName != agent.String() {
			continue
		}
		// What was signed while a certificate was good stays signed after its end.
		usage := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: leaf.NotAfter, KeyUsages: usage}); err != nil {
			continue
		}
		if key, ok := leaf.PublicKey.(*ecdsa.PublicKey); ok {
			keys = append(keys, key)
		}
	}
	return func(purpose string, message, signature []byte) bool {
		h := sha256.New()
		h.Write(append([]byte(purpose), 0))
		h.Write(message)
		sum := h.Sum(nil)
		for _, key := range keys {
			if ecdsa.VerifyASN1(key, sum, signature) {
				return true
			}
		}
		return false
	}, nil
}
