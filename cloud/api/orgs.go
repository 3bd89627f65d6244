package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// HandedOut is an organisation as those above see it: never what its sites hold.
type HandedOut struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Kind      string     `json:"kind" enum:"distributor,installer"`
	Parent    Named      `json:"parent"`
	Gates     MyGates    `json:"gates" doc:"As set; a distributor's offline solution counts for its installers too."`
	Account   Owner      `json:"account"`
	Sites     int        `json:"sites" doc:"How many; their names and what they hold are seen after entering only."`
	CreatedAt time.Time  `json:"created_at"`
	Revision  uint64     `json:"revision" doc:"One more at each change; the ETag."`
	Access    *OrgAccess `json:"access,omitempty" doc:"Present while leave to enter runs."`
}

// Owner is the first account of an organisation.
type Owner struct {
	Name      string `json:"name"`
	Email     string `json:"email"`
	Username  string `json:"username"`
	Activated bool   `json:"activated" doc:"The owner has chosen a password."`
}

// OrgAccess is leave to enter an organisation that runs now.
type OrgAccess struct {
	Granted   bool      `json:"granted"`
	Writes    bool      `json:"writes"`
	ExpiresAt time.Time `json:"expires_at"`
}

// HandedOutNew is a fresh organisation, with its activation link when no mail could take it.
type HandedOutNew struct {
	HandedOut
	Link string `json:"link,omitempty" doc:"For the owner. Shown once."`
}

// OrgLink is what went to an owner.
type OrgLink struct {
	Mailed bool   `json:"mailed"`
	Link   string `json:"link,omitempty" doc:"When there is no address to mail it to. Shown once."`
}

// OwnOrg is the organisation that the caller is in, with the gates that hold there.
type OwnOrg struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Kind     string  `json:"kind" enum:"operator,distributor,installer"`
	Gates    MyGates `json:"gates" doc:"What holds: own, the distributor's, and no more than the region has."`
	Revision uint64  `json:"revision"`
}

func showHandedOut(c account.OrgCard) HandedOut {
	out := HandedOut{
		ID: c.ID.String(), Name: c.Name, Kind: string(c.Kind), Parent: Named{ID: text(c.Parent.ID), Name: c.Parent.Name}, Gates: MyGates(c.Gates),
		Account: Owner{Name: c.Owner.Name, Email: c.Owner.Email, Username: c.Owner.Username, Activated: c.Owner.Activated},
		Sites:   c.Sites, CreatedAt: c.CreatedAt, Revision: c.Revision,
	}
	if c.Leave != nil {
		out.Access = &OrgAccess{Granted: true, Writes: c.Leave.Writes, ExpiresAt: c.Leave.ExpiresAt}
	}
	return out
}

// OrgInput makes an organisation with its first account.
type OrgInput struct {
	Name     string      `json:"name" required:"false" doc:"1 to 128 characters."`
	Kind     string      `json:"kind,omitempty" doc:"distributor or installer; by default what the caller hands out."`
	ParentID string      `json:"parent_id,omitempty" doc:"The distributor, when an operator makes an installer."`
	Account  OwnerInput  `json:"account" required:"false"`
	Gates    *GatesInput `json:"gates,omitempty"`
}

// OwnerInput is the first account of an organisation.
type OwnerInput struct {
	Name     string `json:"name" required:"false" doc:"1 to 64 characters."`
	Email    string `json:"email,omitempty" doc:"Where the activation link goes; without it the answer holds the link."`
	Username string `json:"username,omitempty" doc:"Another name to sign in with."`
	Language string `json:"language,omitempty" doc:"Of mails; en by default."`
}

// GatesInput says which gates change; what is absent stays.
type GatesInput struct {
	TwoFactor        *bool  `json:"two_factor,omitempty"`
	Payment          *bool  `json:"payment,omitempty"`
	AccountAccess    *bool  `json:"account_access,omitempty"`
	CommunityCalls   *bool  `json:"community_calls,omitempty"`
	MACRegistration  *bool  `json:"mac_registration,omitempty"`
	Credits          *int64 `json:"credits,omitempty" doc:"0 to 1000000000."`
	OfflineSolution  *bool  `json:"offline_solution,omitempty"`
	AutomaticRenewal *bool  `json:"automatic_renewal,omitempty"`
	DormakabaLocks   *bool  `json:"dormakaba_locks,omitempty"`
}

// OrgNameInput renames an organisation.
type OrgNameInput struct {
	Name string `json:"name" required:"false" doc:"1 to 128 characters."`
}

// OrgPath is one organisation of a path.
type OrgPath struct {
	Org string `path:"org"`
}

func (p OrgPath) id() domain.OrgID { return pathID[domain.OrgID](p.Org) }

func (i OrgInput) form() (account.OrgForm, error) {
	var f ids
	form := account.OrgForm{
		Name: i.Name, Kind: account.OrgKind(i.Kind), Parent: bodyID[domain.OrgID](&f, "parent_id", i.ParentID), Account: account.OwnerForm(i.Account),
	}
	if i.Gates != nil {
		form.Gates = account.GateChange(*i.Gates)
	}
	return form, f.Err()
}

func (a *API) orgs() {
	route(a, http.MethodGet, "/orgs", "list-orgs", "Organisations handed out", func(ctx context.Context, in *struct {
		PageQuery
		Kind string `query:"kind" enum:"distributor,installer"`
	},
	) (*Body[Page[HandedOut]], error) {
		cards, next, err := a.Account.Orgs(ctx, account.OrgQuery{Kind: account.OrgKind(in.Kind), Query: in.Query, After: in.Cursor, Limit: in.Limit})
		return pageOfItems(cards, next, showHandedOut), err
	}, needs(account.OrgsRead), tag("orgs"))
	route(a, http.MethodPost, "/orgs", "add-org", "Hand out an organisation", func(ctx context.Context, in *struct{ Body OrgInput }) (*Tagged[HandedOutNew], error) {
		form, err := in.Body.form()
		if err != nil {
			return nil, err
		}
		card, link, err := a.Account.AddOrg(ctx, form)
		return tagged(HandedOutNew{HandedOut: showHandedOut(card), Link: link.Reveal()}, card.Revision, err)
	}, status(http.StatusCreated), needs(account.OrgsWrite), tag("orgs"))
	route(a, http.MethodGet, "/orgs/{org}", "get-org", "One organisation", func(ctx context.Context, in *OrgPath) (*Tagged[HandedOut], error) {
		card, err := a.Account.OrgCard(ctx, in.id())
		return tagged(showHandedOut(card), card.Revision, err)
	}, needs(account.OrgsRead), tag("orgs"))
	a.changeOrgs()
	route(a, http.MethodGet, "/org", "get-own-org", "The organisation one is in", func(ctx context.Context, _ *struct{}) (*Tagged[OwnOrg], error) {
		org, err := a.Account.OwnOrg(ctx)
		if err != nil {
			return nil, err
		}
		gates, err := a.Account.Effective(ctx, org)
		return tagged(OwnOrg{ID: org.ID.String(), Name: org.Name, Kind: string(org.Kind), Gates: MyGates(gates), Revision: org.Revision}, org.Revision, err)
	}, needs(account.OrgRead), tag("org"))
}

func (a *API) changeOrgs() {
	route(a, http.MethodPut, "/orgs/{org}", "edit-org", "Rename an organisation", func(ctx context.Context, in *struct {
		OrgPath
		IfMatch
		Body OrgNameInput
	},
	) (*Tagged[HandedOut], error) {
		card, err := a.Account.RenameOrg(ctx, in.id(), in.Body.Name)
		return tagged(showHandedOut(card), card.Revision, err)
	}, needs(account.OrgsWrite), tag("orgs"))
	route(a, http.MethodDelete, "/orgs/{org}", "delete-org", "Take back an organisation that holds nothing", func(ctx context.Context, in *struct {
		OrgPath
		IfMatch
	},
	) (*None, error) {
		return nil, a.Account.DeleteOrg(ctx, in.id())
	}, status(http.StatusNoContent), needs(account.OrgsWrite), tag("orgs"))
	route(a, http.MethodPut, "/orgs/{org}/gates", "set-gates", "Set the gates of an organisation", func(ctx context.Context, in *struct {
		OrgPath
		IfMatch
		Body GatesInput
	},
	) (*Tagged[HandedOut], error) {
		card, err := a.Account.SetGates(ctx, in.id(), account.GateChange(in.Body))
		return tagged(showHandedOut(card), card.Revision, err)
	}, needs(account.OrgsWrite), tag("orgs"))
	route(a, http.MethodPost, "/orgs/{org}/link", "send-org-link", "Send the owner a new link", func(ctx context.Context, in *OrgPath) (*Body[OrgLink], error) {
		link, err := a.Account.NewLink(ctx, in.id())
		return &Body[OrgLink]{OrgLink{Mailed: link.IsZero(), Link: link.Reveal()}}, err
	}, needs(account.OrgsWrite), tag("orgs"))
}

// pageOfItems turns a part of a list into an answer.
func pageOfItems[T, U any](items []T, next string, turn func(T) U) *Body[Page[U]] {
	out := Page[U]{Items: make([]U, len(items)), Next: next}
	for i, item := range items {
		out.Items[i] = turn(item)
	}
	return &Body[Page[U]]{out}
}

// gate lets an operation answer only while a gate of the caller's organisation is open (ACC-21, ACC-22, ACC-23); words name its feature at
// the start of a sentence, such as "Paying".
func gate(open func(account.Gates) bool, words string) func(*huma.Operation) {
	return func(op *huma.Operation) {
		meta(op)[featureName] = func(g account.Gates) error {
			if open(g) {
				return nil
			}
			return fault.New(fault.Forbidden, "%s is not switched on for your organisation.", words)
		}
	}
}

// featureName is where an operation keeps its gate.
const featureName = "feature"

// featureOpen tells whether the gate of an operation is open.
func featureOpen(op *huma.Operation, g account.Gates) error {
	if closed, ok := op.Metadata[featureName].(func(account.Gates) error); ok {
		return closed(g)
	}
	return nil
}
