package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
)

// Home is what a resident sees of the own home.
type Home struct {
	Site      HomeSite      `json:"site"`
	Apartment HomeApartment `json:"apartment"`
	People    []string      `json:"people" nullable:"false" doc:"Names of who lives there."`
	Support   HomeSupport   `json:"support"`
}

// HomeSite is the site of a home.
type HomeSite struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	TimeZone string `json:"time_zone"`
}

// HomeApartment is the apartment of a home.
type HomeApartment struct {
	Number   string `json:"number"`
	Name     string `json:"name"`
	Building string `json:"building"`
}

// HomeSupport is the customer service of the installer; empty while there is none.
type HomeSupport struct {
	Phone string `json:"phone"`
	Email string `json:"email"`
}

// FeedbackInput is what a resident writes to the customer service.
type FeedbackInput struct {
	Text string `json:"text" required:"false" doc:"1 to 2,000 characters."`
}

// FeedbackResult tells what became of feedback.
type FeedbackResult struct {
	Mailed bool `json:"mailed" doc:"False when the installer does not receive feedback."`
}

func (a *API) home() {
	route(a, http.MethodGet, "/home", "get-home", "The own home", func(ctx context.Context, _ *struct{}) (*Body[Home], error) {
		h, err := a.Account.Home(ctx)
		if err != nil {
			return nil, err
		}
		return &Body[Home]{Home{
			Site:      HomeSite{ID: h.Site.String(), Name: h.SiteName, TimeZone: h.TimeZone},
			Apartment: HomeApartment{Number: h.Apartment, Name: h.Name, Building: h.Building},
			People:    append([]string{}, h.People...), Support: HomeSupport{Phone: h.Support.Phone, Email: h.Support.Email},
		}}, nil
	}, needs(account.HomeRead), tag("home"))
	route(a, http.MethodPost, "/feedback", "send-feedback", "Write to the customer service of the installer", func(ctx context.Context, in *struct{ Body FeedbackInput }) (*Body[FeedbackResult], error) {
		mailed, err := a.Account.Feedback(ctx, in.Body.Text)
		return &Body[FeedbackResult]{FeedbackResult{Mailed: mailed}}, err
	}, needs(account.HomeRead), tag("home"))
}
