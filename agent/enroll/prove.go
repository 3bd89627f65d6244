package enroll

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// digest is what is signed: the context keeps a signature of one purpose from being taken for another.
func digest(context string, message []byte) []byte {
	h := sha256.New()
	h.Write([]byte(context))
	h.Write([]byte{0})
	h.Write(message)
	return h.Sum(nil)
}

// Prove signs a message with the key of the agent's certificate.
func (id Identity) Prove(context string, message []byte) ([]byte, error) {
	key, err := parseKey(id.Key)
	if err != nil {
		return nil, err
	}
	return ecdsa.SignASN1(rand.Reader, key, digest(context, message))
}

// Proved tells which agent of the same cloud signed a message. chain is its certificate, leaf first. Anything that does not hold is
// Unauthenticated.
func (id Identity) Proved(chain [][]byte, context string, message, signature []byte, now time.Time) (domain.AgentID, error) {
	bad := fault.New(fault.Unauthenticated, "The signature does not hold.")
	if len(chain) == 0 || len(chain) > 4 {
		return domain.AgentID{}, bad
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return domain.AgentID{}, bad
	}
	options := x509.VerifyOptions{
		Roots: pool(id.Roots), Intermediates: pool(chain[1:]), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if _, err := leaf.Verify(options); err != nil {
		return domain.AgentID{}, bad
	}
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || !ecdsa.VerifyASN1(key, digest(context, message), signature) {
		return domain.AgentID{}, bad
	}
	agent, err := domain.ParseID[domain.AgentID](leaf.Subject.CommonName)
	if err != nil {
		return domain.AgentID{}, bad
	}
	return agent, nil
}

// pool holds the certificates that can be read.
func pool(list [][]byte) *x509.CertPool {
	p := x509.NewCertPool()
	for _, der := range list {
		if c, err := x509.ParseCertificate(der); err == nil {
			p.AddCert(c)
		}
	}
	return p
}

// Vouches tells whether the key of leaf signed a message and leaf is a certificate that this agent had, now or earlier: an old signature counts after a
// renewal and after the certificate's end.
func (id Identity) Vouches(leaf []byte, context string, message, signature []byte) bool {
	cert, err := x509.ParseCertificate(leaf)
	if err != nil || len(id.Chain) == 0 {
		return false
	}
	who, err := id.Proved(append([][]byte{leaf}, id.Chain[1:]...), context, message, signature, cert.NotBefore)
	return err == nil && who == id.Agent
}
