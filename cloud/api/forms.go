package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
)

// ServiceForm is the service provider information (ACC-08).
type ServiceForm struct {
	Company string `json:"company" required:"false"`
	Address string `json:"address" required:"false"`
	Phone   string `json:"phone" required:"false" doc:"With country code."`
	Email   string `json:"email" required:"false"`
	TaxID   string `json:"tax_id" required:"false"`
	Website string `json:"website" required:"false" doc:"http or https."`
}

// SupportForm is the customer service that residents see (ACC-15, ACC-16).
type SupportForm struct {
	Phone           string `json:"phone" required:"false" doc:"With country code."`
	Email           string `json:"email" required:"false"`
	ReceiveFeedback bool   `json:"receive_feedback" required:"false" doc:"Feedback of residents is mailed to that address."`
}

// BillingForm is the billing information (ACC-14).
type BillingForm struct {
	Company  string `json:"company" required:"false"`
	Attn     string `json:"attn" required:"false"`
	Country  string `json:"country" required:"false" doc:"ISO 3166-1 alpha-2."`
	State    string `json:"state" required:"false"`
	City     string `json:"city" required:"false"`
	PostCode string `json:"post_code" required:"false"`
	Street   string `json:"street" required:"false"`
	Phone    string `json:"phone" required:"false" doc:"With country code."`
	Fax      string `json:"fax" required:"false" doc:"With country code."`
	Email    string `json:"email" required:"false"`
}

// TimeForm is the own zone, and how dates and times are written (ACC-10).
type TimeForm struct {
	TimeZone   string `json:"time_zone" required:"false" doc:"IANA name, such as Europe/Berlin."`
	DateFormat string `json:"date_format" required:"false" doc:"YYYY-MM-DD, DD.MM.YYYY, DD/MM/YYYY or MM/DD/YYYY."`
	Hour12     bool   `json:"hour12" required:"false"`
}

// AppForm is the use of the installer's mobile App (ACC-13).
type AppForm struct {
	InstallerApp bool `json:"installer_app" required:"false"`
}

// Filled is a form with its revision.
type Filled[F any] struct {
	Form     F      `json:"form"`
	Revision uint64 `json:"revision" doc:"One more at each change; the ETag. 0: never filled in."`
}

func (a *API) forms() {
	formRoutes(a, "service provider information", func(f ServiceForm) account.ServiceForm { return account.ServiceForm(f) }, func(f account.ServiceForm) ServiceForm { return ServiceForm(f) })
	formRoutes(a, "customer service", func(f SupportForm) account.SupportForm { return account.SupportForm(f) }, func(f account.SupportForm) SupportForm { return SupportForm(f) })
	formRoutes(a, "billing information", func(f BillingForm) account.BillingForm { return account.BillingForm(f) }, func(f account.BillingForm) BillingForm { return BillingForm(f) })
	formRoutes(a, "time", func(f TimeForm) account.TimeForm { return account.TimeForm(f) }, func(f account.TimeForm) TimeForm { return TimeForm(f) })
	formRoutes(a, "use of the App", func(f AppForm) account.AppForm { return account.AppForm(f) }, func(f account.AppForm) AppForm { return AppForm(f) })
}

// formRoutes registers one form of the organisation that the caller is in.
func formRoutes[F any, J account.Form](a *API, words string, read func(F) J, show func(J) F) {
	var none J
	name := string(none.Name())
	route(a, http.MethodGet, "/org/forms/"+name, "get-form-"+name, "The organisation's "+words, func(ctx context.Context, _ *struct{}) (*Tagged[Filled[F]], error) {
		form, revision, err := account.OwnForm[J](ctx, a.Account)
		return tagged(Filled[F]{Form: show(form), Revision: revision}, revision, err)
	}, needs(account.OrgRead), tag("org"))
	route(a, http.MethodPut, "/org/forms/"+name, "save-form-"+name, "Fill in the organisation's "+words, func(ctx context.Context, in *struct {
		IfMatch
		Body F
	},
	) (*Tagged[Filled[F]], error) {
		revision, err := account.SaveForm(ctx, a.Account, read(in.Body))
		return tagged(Filled[F]{Form: in.Body, Revision: revision}, revision, err)
	}, needs(account.OrgWrite), tag("org"))
}
