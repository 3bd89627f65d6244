package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/secret"
)

// Me is who is signed in, where, and what that allows.
type Me struct {
	ID             string   `json:"id"`
	Email          string   `json:"email" doc:"Partly hidden while the second factor is missing."`
	EmailVerified  bool     `json:"email_verified" doc:"Somebody answered from that address."`
	Username       string   `json:"username"`
	Name           string   `json:"name"`
	FirstName      string   `json:"first_name"`
	LastName       string   `json:"last_name"`
	Phone          string   `json:"phone"`
	Language       string   `json:"language"`
	TimeZone       string   `json:"time_zone" doc:"IANA name; empty: the organisation's."`
	Role           string   `json:"role" enum:"operator,distributor,installer,subinstaller,manager,administrator,resident,family" doc:"What the account is where it is now."`
	Org            MyOrg    `json:"org" doc:"The own organisation, or the one that was entered."`
	Rights         []string `json:"rights" nullable:"false" doc:"What the account may do where it is now; nothing while a gate is closed."`
	Gates          MyGates  `json:"gates"`
	Gate           string   `json:"gate" enum:",factor,consent,email" doc:"What is still missing before the session opens anything."`
	FactorMethods  []string `json:"factor_methods" nullable:"false" doc:"Only while gate is factor."`
	Entry          *MyEntry `json:"entry,omitempty" doc:"Set while one is in another organisation with leave."`
	RemindPassword bool     `json:"remind_password" doc:"A month went by: offer to change the password."`
	Notify         bool     `json:"notify" doc:"Notices of the platform by mail."`
	Policy         MyPolicy `json:"policy"`
	Revision       uint64   `json:"revision"`
}

// MyOrg is the organisation one is in.
type MyOrg struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind" enum:"operator,distributor,installer"`
}

// MyGates are the gates of the organisation one is in.
type MyGates struct {
	TwoFactor        bool  `json:"two_factor"`
	Payment          bool  `json:"payment"`
	AccountAccess    bool  `json:"account_access"`
	CommunityCalls   bool  `json:"community_calls"`
	MACRegistration  bool  `json:"mac_registration"`
	Credits          int64 `json:"credits"`
	OfflineSolution  bool  `json:"offline_solution"`
	AutomaticRenewal bool  `json:"automatic_renewal"`
	DormakabaLocks   bool  `json:"dormakaba_locks"`
}

// MyEntry tells where one is as a guest, and by which leave.
type MyEntry struct {
	GrantID   string    `json:"grant_id"`
	Kind      string    `json:"kind" enum:"consent,break_glass"`
	Org       Org       `json:"org"`
	Writes    bool      `json:"writes"`
	ExpiresAt time.Time `json:"expires_at"`
	Home      Org       `json:"home"`
}

// MyPolicy tells which privacy policy was agreed to, and which is the present one.
type MyPolicy struct {
	Agreed  int `json:"agreed"`
	Current int `json:"current"`
}

// MeInput changes the own account; what is absent stays.
type MeInput struct {
	Name      *string `json:"name,omitempty"`
	FirstName *string `json:"first_name,omitempty"`
	LastName  *string `json:"last_name,omitempty"`
	Phone     *string `json:"phone,omitempty"`
	Language  *string `json:"language,omitempty" doc:"BCP 47, one of the languages of mails, or de."`
	TimeZone  *string `json:"time_zone,omitempty" doc:"IANA name; empty: the organisation's."`
	Notify    *bool   `json:"notify,omitempty"`
}

// NewPasswordInput changes the own password. Without new the old one is only checked.
type NewPasswordInput struct {
	Old string `json:"old" required:"false"`
	New string `json:"new" required:"false" doc:"8 to 64 characters. Absent: only check the old one."`
}

// NewEmailInput asks for another address.
type NewEmailInput struct {
	Email    string `json:"email" required:"false"`
	Password string `json:"password" required:"false"`
}

// masked hides most of an address from somebody who has shown only a password.
func masked(email string) string {
	name, host, ok := strings.Cut(email, "@")
	if !ok || name == "" {
		return ""
	}
	first := []rune(name)[0]
	return string(first) + "…@" + host
}

func (a *API) me(ctx context.Context, who account.Access) (*Tagged[Me], error) {
	acc, c := who.Account, who.Caller
	methods, err := a.Account.FactorMethods(ctx, who)
	if err != nil {
		return nil, err
	}
	version, err := a.Account.PolicyVersion(ctx)
	if err != nil {
		return nil, err
	}
	me := Me{
		ID: acc.ID.String(), Email: acc.Email, EmailVerified: !acc.EmailVerifiedAt.IsZero(), Username: acc.Username, Name: acc.Name, FirstName: acc.FirstName,
		LastName: acc.LastName, Phone: acc.Phone, Language: acc.Language, TimeZone: acc.TimeZone, Role: string(c.Role),
		Org: MyOrg{ID: c.Org.String(), Name: c.OrgName, Kind: string(acc.Org.Kind)}, Rights: []string{}, Gates: MyGates(c.Gates), Gate: string(who.Gate),
		FactorMethods: []string{}, RemindPassword: a.Account.RemindPassword(acc), Notify: acc.Notify,
		Policy: MyPolicy{Agreed: acc.AgreedVersion, Current: version}, Revision: acc.Revision,
	}
	for _, m := range methods {
		me.FactorMethods = append(me.FactorMethods, string(m))
	}
	if e := c.Entry; e != nil {
		home := Org{ID: c.HomeOrg.String(), Name: c.HomeName}
		me.Org.Kind = string(account.OrgInstaller)
		if c.Role == account.RoleDistributor {
			me.Org.Kind = string(account.OrgDistributor)
		}
		me.Entry = &MyEntry{
			GrantID: e.Grant.String(), Kind: string(e.Kind), Org: Org{ID: c.Org.String(), Name: c.OrgName}, Writes: e.Writes, ExpiresAt: e.ExpiresAt, Home: home,
		}
	}
	switch who.Gate {
	case account.GateOpen:
		for _, rule := range account.Rules() {
			if c.May(rule.Right) {
				me.Rights = append(me.Rights, string(rule.Right))
			}
		}
	case account.GateFactor:
		me.Email, me.Phone, me.Username = masked(acc.Email), "", ""
	}
	return tagged(me, acc.Revision, nil)
}

// meAgain reads who is signed in once more, after something was changed.
func (a *API) meAgain(ctx context.Context) (*Tagged[Me], error) {
	token, _ := ctx.Value(tokenKey{}).(secret.String)
	who, err := a.Account.Authenticate(ctx, token, clientOf(ctx, false).From)
	if err != nil {
		return nil, err
	}
	return a.me(ctx, who)
}

// self registers what people do with their own account.
func (a *API) self() {
	route(a, http.MethodGet, "/me", "get-me", "Who is signed in", func(ctx context.Context, _ *struct{}) (*Tagged[Me], error) {
		return a.me(ctx, accessOf(ctx))
	}, needs(account.Self), beforeGates, tag("accounts"))
	route(a, http.MethodPut, "/me", "edit-me", "Change the own account", func(ctx context.Context, in *struct {
		IfMatch
		Body MeInput
	},
	) (*Tagged[Me], error) {
		if _, err := a.Account.EditProfile(ctx, accessOf(ctx).Account.ID, account.ProfileForm(in.Body)); err != nil {
			return nil, err
		}
		return a.meAgain(ctx)
	}, needs(account.Self), tag("accounts"))
	route(a, http.MethodPost, "/me/password", "change-password", "Change the own password; other sessions end", func(ctx context.Context, in *struct{ Body NewPasswordInput }) (*None, error) {
		who := accessOf(ctx)
		if in.Body.New == "" {
			return nil, a.Account.CheckOldPassword(ctx, who.Account, secret.New(in.Body.Old))
		}
		return nil, a.Account.ChangePassword(ctx, who, secret.New(in.Body.Old), secret.New(in.Body.New))
	}, status(http.StatusNoContent), needs(account.Self), tag("accounts"))
	route(a, http.MethodPost, "/me/email", "change-email", "Mail a link to a new address; it replaces the old one when the link is used", func(ctx context.Context, in *struct{ Body NewEmailInput }) (*None, error) {
		return nil, a.Account.ChangeEmail(ctx, accessOf(ctx).Account, in.Body.Email, secret.New(in.Body.Password))
	}, status(http.StatusAccepted), needs(account.Self), tag("accounts"))
	route(a, http.MethodPost, "/me/reminded", "reminded", "The monthly reminder to change the password was seen", func(ctx context.Context, _ *struct{}) (*None, error) {
		return nil, a.Account.Reminded(ctx, accessOf(ctx).Account)
	}, status(http.StatusNoContent), needs(account.Self), tag("accounts"))
}
