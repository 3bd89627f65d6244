package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"vestibule/cloud/account"
	"vestibule/cloud/apitoken"
	"vestibule/cloud/audit"
	"vestibule/cloud/command"
	"vestibule/cloud/consent"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/factor"
	"vestibule/cloud/fleet"
	"vestibule/cloud/live"
	"vestibule/cloud/mail"
	"vestibule/cloud/notice"
	"vestibule/cloud/presence"
	"vestibule/cloud/registration"
	"vestibule/cloud/template"
	"vestibule/cloud/tunnel"
	"vestibule/cloud/webhook"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Prefix is where the API lives.
const Prefix = "/api/v1"

// maxBody is the most bytes of a request body.
const maxBody = 1 << 20

// Config is what New needs; everything is required except where said. For the OpenAPI document alone nothing but Logger is used.
type Config struct {
	Account   *account.Service
	Factors   *factor.Service
	Tokens    *apitoken.Service
	Fleet     *fleet.Service
	Enroll    *enroll.Service
	Presence  *presence.Service
	Desired   *desiredstate.Service
	Events    *eventlog.Service
	Commands  *command.Service
	Tunnels   *tunnel.Service
	Webhooks  *webhook.Service
	Consent   *consent.Service
	Audit     *audit.Service
	Notices   *notice.Service
	Mail      *mail.Service
	Templates *template.Service
	// Registration takes the codes on monitors.
	Registration *registration.Service
	Live         *live.Hub
	Portal       fs.FS                           // the built portal
	Ready        func(ctx context.Context) error // nil when the service can work
	Meter        Meter                           // nil: nobody counts
	// TrustedProxies are the reverse proxies whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	Secure         bool // cookies only over TLS, and HSTS
	Logger         *slog.Logger
}

// API serves HTTP. Its methods may be called by any goroutine.
type API struct {
	Config
	engine  *gin.Engine
	huma    huma.API
	handler http.Handler
	spec    specification
	streams streams
	policy  string      // of contents, for the portal's pages
	leaving atomic.Bool // set by Drain
	closing chan struct{}
	close   sync.Once
}

// New registers every route.
func New(cfg Config) *API {
	cfg.Logger = cfg.Logger.With(logkey.Component, "api")
	gin.SetMode(gin.ReleaseMode)
	a := &API{Config: cfg, engine: gin.New(), closing: make(chan struct{}), streams: newStreams(), policy: policy}
	if cfg.Tunnels != nil {
		a.policy = strings.Replace(policy, "form-action 'self'", "form-action 'self'"+cfg.Tunnels.Hosts(), 1)
	}
	a.engine.HandleMethodNotAllowed = true
	a.engine.RedirectTrailingSlash = false
	a.engine.ContextWithFallback = true
	_ = a.engine.SetTrustedProxies(nil) // cannot fail for none
	a.engine.Use(a.request)
	a.engine.NoMethod(func(c *gin.Context) {
		a.refuse(c, http.StatusMethodNotAllowed, "method_not_allowed", "This address does not take "+c.Request.Method+".")
	})
	a.engine.NoRoute(a.serveFile)
	a.engine.GET("/healthz", a.alive)
	a.engine.GET("/readyz", a.ready)

	a.huma = humagin.NewWithGroup(a.engine, a.engine.Group(Prefix), humaConfig())
	a.huma.UseMiddleware(a.authenticate)
	for _, register := range []func(){
		a.accounts, a.factors, a.passkeys, a.tokens, a.orgs, a.subaccounts, a.forms, a.rights, a.sites, a.places,
		a.readiness, a.dashboard, a.buildings, a.apartments, a.callOrders, a.tree, a.departments, a.companies, a.people,
		a.managers, a.residents, a.resets, a.registrations, a.groups, a.devices, a.autop, a.macs, a.cameras, a.trunks, a.reach, a.keyrings, a.accessGroups, a.capability, a.receipts,
		a.boards, a.imports, a.agents, a.mails, a.webhooks, a.events, a.retention, a.calls, a.commands, a.remoteSessions, a.stream, a.access, a.auditLog, a.notices,
		a.accountStream, a.publish,
	} {
		register()
	}

	// A page of another origin cannot make a signed-in browser change anything.
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(denied))
	inner := guard.Handler(a.engine)
	a.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.MaxBytesHandler(inner, bodyLimit(r)).ServeHTTP(w, r)
	})
	return a
}

// Handler serves everything: API, live stream, health, portal.
func (a *API) Handler() http.Handler { return a.handler }

// route registers one operation whose handler gives an output or an error of the jobs.
func route[I, O any](a *API, method, path, id, summary string, handle func(ctx context.Context, in *I) (*O, error), options ...func(*huma.Operation)) {
	op := huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: http.StatusOK,
		Security:        []map[string][]string{{"cookie": {}}, {"bearer": {}}},
		MaxBodyBytes:    maxBody,
		BodyReadTimeout: 15 * time.Second,
		Errors:          []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusUnprocessableEntity},
	}
	if method != http.MethodGet {
		op.Errors = append(op.Errors, http.StatusConflict)
	}
	for _, option := range options {
		option(&op)
	}
	conditional[I](&op)
	if _, ok := rightOf(&op); ok == (len(op.Security) == 0) {
		panic(op.OperationID + " must either be public or need a right") // seen by every start, so by every test
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		ctx, err := expecting(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// public lets everybody call the operation. Every use is on the list of TestRoutes_PublicOnesAreWritten.
func public(op *huma.Operation) {
	op.Security = []map[string][]string{}
	op.Errors = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests}
}

// needs names the right without which the operation answers 403.
func needs(right account.Right) func(*huma.Operation) {
	return func(op *huma.Operation) {
		meta(op)[rightName] = right
		op.Errors = append(op.Errors, http.StatusForbidden)
		op.Description = "Needs " + string(right) + "."
	}
}

// beforeGates lets an operation answer while a gate of sign-in (second factor, consent, e-mail) is still closed.
func beforeGates(op *huma.Operation) { meta(op)[gateName] = true }

// Names of what an operation keeps in its metadata.
const (
	rightName = "right"
	gateName  = "before_gates"
)

func meta(op *huma.Operation) map[string]any {
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	return op.Metadata
}

func rightOf(op *huma.Operation) (account.Right, bool) {
	right, ok := op.Metadata[rightName].(account.Right)
	return right, ok
}

func status(code int) func(*huma.Operation) {
	return func(op *huma.Operation) { op.DefaultStatus = code }
}

func tag(name string) func(*huma.Operation) {
	return func(op *huma.Operation) { op.Tags = []string{name} }
}

// Body is an answer with content.
type Body[T any] struct{ Body T }

// None is an answer without content.
type None struct{}

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Cursor of the part that follows; absent at the end."`
	Total int    `json:"total,omitempty" doc:"How many the whole list holds, all parts together, as far as q lets it."`
	More  bool   `json:"more,omitempty" doc:"The list holds more than total: so far it is counted."`
}

// pageOf turns items into an answer.
func pageOf[T, U any](list fleet.List[T], turn func(T) U) *Body[Page[U]] {
	out := Page[U]{Items: make([]U, len(list.Items)), Next: list.Next, Total: list.Total}
	for i, item := range list.Items {
		out.Items[i] = turn(item)
	}
	return &Body[Page[U]]{out}
}

// PageQuery are the parameters of every list.
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Cursor string `query:"cursor" doc:"The next of the part before."`
	Query  string `query:"q" doc:"Words that the names hold."`
	Sort   string `query:"sort" doc:"One of the list's orders; by name when empty."`
	Order  string `query:"order" enum:"asc,desc" default:"asc"`
	Page   int    `query:"page" minimum:"1" maximum:"100000" doc:"From 1; instead of a cursor."`
}

func (p PageQuery) page() fleet.Page {
	return fleet.Page{Limit: p.Limit, After: p.Cursor, Query: p.Query, Sort: p.Sort, Desc: p.Order == "desc", Offset: max(0, p.Page-1) * p.Limit}
}

// SitePath is the site of a path.
type SitePath struct {
	Site string `path:"site"`
}

func (p SitePath) site() domain.SiteID { return pathID[domain.SiteID](p.Site) }

// pathID reads an id of a path. One that is no id is zero, which no row has: NotFound, like any other that does not exist.
func pathID[T ~[16]byte](text string) T {
	id, _ := domain.ParseID[T](text)
	return id
}

// ids reads optional ids of a body and notes those that are none.
type ids struct{ fault.Fields }

func bodyID[T ~[16]byte](f *ids, path, text string) T {
	if text == "" {
		return T{}
	}
	id, err := domain.ParseID[T](text)
	f.Check(err == nil, path, "%s", "This is not an id.")
	return id
}

// text writes an id; an unset one is empty.
func text[K any](id domain.ID[K]) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}
