package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// AuditFilter says which entries are wanted.
type AuditFilter struct {
	Query   string    `query:"q" doc:"Words that names, action, object or reason hold; one or two letters: those that begin so."`
	Action  string    `query:"action" doc:"Such as created, changed, deleted, entered."`
	Object  string    `query:"object" doc:"Such as site, device, account, grant."`
	Account string    `query:"account" doc:"Who acted."`
	Site    string    `query:"site"`
	Of      string    `query:"of" doc:"The id of the object."`
	From    time.Time `query:"from" doc:"Not before."`
	To      time.Time `query:"to" doc:"Before."`
}

func (f AuditFilter) query() (audit.Query, error) {
	var faults ids
	return audit.Query{
		Words: f.Query, Action: audit.Action(f.Action), Object: f.Object, From: f.From, To: f.To,
		Account: bodyID[domain.AccountID](&faults, "account", f.Account), Site: bodyID[domain.SiteID](&faults, "site", f.Site),
		Of: bodyID[domain.ID[audit.Line]](&faults, "of", f.Of),
	}, faults.Err()
}

// AuditEntry says who did what to which object.
type AuditEntry struct {
	ID         string          `json:"id"`
	At         time.Time       `json:"at"`
	Account    string          `json:"account,omitempty"`
	Actor      string          `json:"actor" doc:"The acting person, or the service's own work."`
	ActorOrg   string          `json:"actor_org" doc:"The organisation of who acted."`
	Behalf     string          `json:"behalf" doc:"The organisation that was entered with leave; empty at home."`
	From       string          `json:"from" doc:"Address."`
	Token      string          `json:"token,omitempty" doc:"The API token that asked."`
	Action     string          `json:"action"`
	Object     string          `json:"object"`
	ObjectID   string          `json:"object_id"`
	ObjectName string          `json:"object_name"`
	Site       *Org            `json:"site" doc:"Id and name; null when it is about an organisation."`
	Reason     string          `json:"reason"`
	Before     json.RawMessage `json:"before,omitempty" doc:"JSON; absent for what is new."`
	After      json.RawMessage `json:"after,omitempty" doc:"JSON; absent for what is gone."`
}

func showAudit(l audit.Line) AuditEntry {
	out := AuditEntry{
		ID: l.ID.String(), At: l.At, Account: text(l.Account), Actor: l.Actor, ActorOrg: l.ActorOrgName, Behalf: l.Behalf, Token: text(l.Token),
		Action: string(l.Action), Object: l.Object, ObjectID: text(domain.ID[audit.Line](l.ObjectID)), ObjectName: l.ObjectName, Reason: l.Reason,
	}
	if l.From.IsValid() {
		out.From = l.From.String()
	}
	if !l.Site.IsZero() {
		out.Site = &Org{ID: l.Site.String(), Name: l.SiteName}
	}
	if json.Valid(l.Before) {
		out.Before = l.Before
	}
	if json.Valid(l.After) {
		out.After = l.After
	}
	return out
}

func (a *API) auditLog() {
	route(a, http.MethodGet, "/audit", "list-audit", "Who did what, newest first", func(ctx context.Context, in *struct {
		AuditFilter
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
		Cursor string `query:"cursor" doc:"The next of the part before."`
	},
	) (*Body[Page[AuditEntry]], error) {
		q, err := in.query()
		if err != nil {
			return nil, err
		}
		q.Limit = in.Limit
		lines, next, err := a.Audit.List(ctx, q, in.Cursor)
		out := Page[AuditEntry]{Items: make([]AuditEntry, len(lines)), Next: next}
		for i, l := range lines {
			out.Items[i] = showAudit(l)
		}
		return &Body[Page[AuditEntry]]{out}, err
	}, needs(account.AuditRead), tag("audit"))
	route(a, http.MethodGet, "/audit/export", "export-audit", "The same as a file, at most 100000 rows", func(ctx context.Context, in *struct {
		AuditFilter
		Format string `query:"format" enum:"csv,jsonl" default:"csv"`
	},
	) (*huma.StreamResponse, error) {
		q, err := in.query()
		if err == nil {
			err = a.Audit.CheckExport(q, audit.Format(in.Format))
		}
		if err != nil {
			return nil, err
		}
		return a.longAnswer(ctx, func(c huma.Context, _ account.Caller) { a.export(c, q, audit.Format(in.Format)) })
	}, needs(account.AuditRead), tag("audit"), answersLong("A file; a last line says when it was cut.", "text/csv", "application/x-ndjson"))
}

func (a *API) export(c huma.Context, q audit.Query, format audit.Format) {
	kind := "text/csv; charset=utf-8"
	if format == audit.JSONL {
		kind = "application/x-ndjson"
	}
	out, _, within := beginLong(c, kind, "Content-Disposition", `attachment; filename="audit.`+string(format)+`"`)
	further := func() { within(answerWithin) }
	if err := a.Audit.Export(c.Context(), q, format, out, further); err != nil && c.Context().Err() == nil {
		a.Logger.Error("export of the audit ended early", logkey.Request, requestID(c.Context()), logkey.Err, err)
		panic(http.ErrAbortHandler) // the reader must not take a part for the whole
	}
}
