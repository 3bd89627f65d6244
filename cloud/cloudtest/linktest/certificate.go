package linktest

import (
	"crypto/tls"

	"vestibule/cloud/enroll"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Certificate gives a new certificate for an agent of the site, which is made when it is new.
func (c *Cloud) Certificate(agent domain.AgentID) tls.Certificate {
	c.t.Helper()
	key, err := wire.NewConfigKey()
	c.must(err)
	if _, err := c.Store.SiteOf(c.System(), agent); err != nil {
		c.must(c.Store.InsertAgent(c.System(), enroll.NewAgent{
			ID: agent, Site: c.Site, Name: "Agent", ConfigKey: key.PublicKey().Bytes(), Version: "test", Generation: 1, CreatedAt: c.Time.Wall(),
		}))
	}
	csr, private := c.CSR()
	answer := c.Enroll.Renew(c.t.Context(), agent, wire.Renew{CSR: csr})
	if len(answer.Chain) == 0 {
		c.t.Fatal(answer.Refuse)
	}
	return tls.Certificate{Certificate: answer.Chain, PrivateKey: private}
}
