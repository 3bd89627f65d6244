package cloud

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/tunnel"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// remote makes the way to devices' own pages.
func (c *Cloud) remote() error {
	var err error
	c.tunnels, err = tunnel.New(tunnel.Config{
		Commands: c.commands, Store: c.store, Live: c.live, Admit: c.enroll.Admit, Domain: c.cfg.RemoteDomain, Origin: c.publicURL, Lives: c.cfg.RemoteLives,
		Now: time.Now, Logger: c.cfg.Logger,
	})
	return err
}

// agentsHandler serves what agents ask over HTTPS.
func (c *Cloud) agentsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", c.enroll.Handler())
	mux.HandleFunc(wire.TunnelPath, c.tunnels.DialIn)
	return mux
}

// distrust ends what goes over an agent that was revoked.
func (c *Cloud) distrust(_ context.Context, agent domain.AgentID) {
	c.hub.Kick(agent)
	c.tunnels.Drop(agent)
}
