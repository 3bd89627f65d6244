package cloud

import (
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"vestibule/cloud/audit"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/jobs"
	"vestibule/cloud/presence"
	"vestibule/cloud/webhook"
	"vestibule/shared/domain"
)

// outside makes what tells other services, and lets it hear of the audit. Its deliveries go through the job queue.
func (c *Cloud) outside() {
	way := c.cfg.Webhooks
	if way.Own == nil {
		way.Own = c.listensAt
	}
	c.webhooks = webhook.New(webhook.Config{Store: c.store, Queue: c.jobs, Notices: c.notices, Net: way, Now: time.Now, Logger: c.cfg.Logger})
	c.jobs.Handle(webhook.Job, jobs.Options{Tries: webhook.Tries, Timeout: time.Minute, Pause: way.PauseAfter, Outside: true}, c.webhooks.Deliver)
	c.jobs.Every("webhook_purge", time.Hour, c.webhooks.Purge)
	c.store.OnRecord(c.auditTold)
}

// listensAt tells whether the service itself answers at an address: a webhook must not be a way around what guards it.
func (c *Cloud) listensAt(to netip.AddrPort) bool {
	if u, err := url.Parse(c.publicURL); err == nil && u.Hostname() == to.Addr().String() {
		return true
	}
	for _, l := range []net.Listener{c.ports.http, c.ports.agents, c.ports.mqtt} {
		if l == nil {
			continue // MQTT is elsewhere
		}
		at, err := netip.ParseAddrPort(l.Addr().String())
		if err != nil || at.Port() != to.Port() {
			continue
		}
		if !at.Addr().IsUnspecified() {
			if at.Addr() == to.Addr() {
				return true
			}
			continue
		}
		own, err := net.InterfaceAddrs()
		if err != nil {
			return true
		}
		for _, a := range own {
			if n, ok := a.(*net.IPNet); ok {
				if addr, ok := netip.AddrFromSlice(n.IP); ok && addr.Unmap() == to.Addr() {
					return true
				}
			}
		}
	}
	return false
}

// told is an audit entry as webhooks are sent it.
type told struct {
	ID         string `json:"id"`
	Actor      string `json:"actor"`
	Behalf     string `json:"behalf,omitempty"`
	Action     string `json:"action"`
	Object     string `json:"object"`
	ObjectID   string `json:"object_id,omitempty"`
	ObjectName string `json:"object_name,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Before     any    `json:"before,omitempty"`
	After      any    `json:"after,omitempty"`
}

func (c *Cloud) auditTold(ctx context.Context, e audit.Entry) error {
	if wanted, err := c.webhooks.Any(ctx); err != nil || !wanted {
		return err
	}
	out := told{
		ID: e.ID.String(), Actor: e.Actor, Behalf: e.Behalf, Action: string(e.Action), Object: e.Object, ObjectName: e.ObjectName, Reason: e.Reason,
		Before: snakes(e.Before), After: snakes(e.After),
	}
	if object := domain.AuditID(e.ObjectID); !object.IsZero() {
		out.ObjectID = object.String()
	}
	return c.webhooks.Raise(ctx, webhook.Happening{Kind: webhook.Audit, Org: e.Org, Site: e.Site, At: e.At, Data: out})
}

// snakes reads a snapshot and writes its names as the API does: ApartmentID is apartment_id.
func snakes(raw json.RawMessage) any {
	var value any
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil {
		return nil
	}
	return snaked(value)
}

func snaked(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, inner := range v {
			out[snake(name)] = snaked(inner)
		}
		return out
	case []any:
		for i := range v {
			v[i] = snaked(v[i])
		}
	}
	return value
}

// snake turns SIPUser into sip_user.
func snake(name string) string {
	var out strings.Builder
	upper := func(i int) bool { return i >= 0 && i < len(name) && name[i] >= 'A' && name[i] <= 'Z' }
	for i := range len(name) {
		if upper(i) && i > 0 && name[i-1] != '_' && (!upper(i-1) || i+1 < len(name) && !upper(i+1)) {
			out.WriteByte('_')
		}
		out.WriteString(strings.ToLower(name[i : i+1]))
	}
	return out.String()
}

// eventsTold passes on rows of the log that people ask for.
func (c *Cloud) eventsTold(ctx context.Context, site domain.SiteID, rows []eventlog.Stored) error {
	for _, r := range rows {
		if err := c.exposed(ctx, site, r); err != nil {
			return err
		}
	}
	if wanted, err := c.webhooks.Any(ctx); err != nil || !wanted {
		return err // most services have no webhook: their log is stored as fast as before
	}
	var out []webhook.Happening
	for _, r := range rows {
		event := r.Event()
		if kind := kindOf(event); kind != "" {
			out = append(out, webhook.Happening{Kind: kind, Site: site, At: event.OccurredAt, Data: event})
		}
	}
	return c.webhooks.Raise(ctx, out...)
}

// kindOf gives the kind of a row; empty for one that nobody can ask for.
func kindOf(r eventlog.Event) webhook.Kind {
	switch r.Kind {
	case domain.EventDoor:
		switch r.Body["result"] {
		case string(domain.ActNotOpened):
			return "" // the call tells of the visit
		case string(domain.ActDone):
			return webhook.DoorOpened
		case string(domain.ActRefused):
			return webhook.DoorRefused
		}
		return webhook.DoorFailed
	case domain.EventCall:
		return webhook.CallEnded
	case domain.EventDeviceStatus:
		if r.Body["online"] == true {
			return webhook.DeviceOnline
		}
		return webhook.DeviceOffline
	}
	return ""
}

// agentTold passes on that an agent came or went. Quiet is neither: it may be back in seconds.
func (c *Cloud) agentTold(ctx context.Context, site domain.SiteID, agent presence.Agent) error {
	kind := webhook.AgentOffline
	switch agent.Presence.State {
	case presence.Online:
		kind = webhook.AgentOnline
	case presence.Offline, presence.Refused:
	default:
		return nil
	}
	return c.webhooks.Raise(ctx, webhook.Happening{Kind: kind, Site: site, At: agent.Presence.Since, Data: map[string]any{
		"agent_id": agent.ID.String(), "agent_name": agent.Name, "state": agent.Presence.State, "reason": agent.Presence.Reason, "version": agent.Version,
		"held_version": agent.Held,
	}})
}
