package cloudtest

import (
	"net/http"
	"strings"
	"testing"
)

// Me is what GET /me says, as far as tests look at it.
type Me struct {
	ID, Email, Username, Name, Role, Gate string
	EmailVerified                         bool `json:"email_verified"`
	Org                                   struct{ ID, Name, Kind string }
	Rights                                []string
	FactorMethods                         []string `json:"factor_methods"`
	RemindPassword                        bool     `json:"remind_password"`
	Policy                                struct{ Agreed, Current int }
	Revision                              uint64
}

// Me asks who is signed in.
func (c Client) Me(t *testing.T) Me {
	t.Helper()
	return Want[Me](t, c, http.StatusOK, http.MethodGet, "/me", nil)
}

// SignIn signs somebody in with Password and passes no gate.
func (s *Server) SignIn(t *testing.T, login string) Client {
	t.Helper()
	signed := Want[struct{ Token string }](t, Client{URL: s.URL}, http.StatusOK, http.MethodPost, "/session", Object{"login": login, "password": Password, "bearer": true})
	return Client{URL: s.URL, Token: signed.Token}
}

// Activate uses an activation link: it chooses Password, agrees to the privacy policy and gives the signed-in client. A second factor or an
// address that is asked for is left to the caller.
func (s *Server) Activate(t *testing.T, link string) Client {
	t.Helper()
	_, token, ok := strings.Cut(link, "#token=")
	if !ok {
		t.Fatalf("%q is no link", link)
	}
	signed := Want[struct{ Token string }](t, Client{URL: s.URL}, http.StatusOK, http.MethodPost, "/links/activate", Object{
		"token": token, "password": Password, "bearer": true,
	})
	return Client{URL: s.URL, Token: signed.Token}.Agree(t)
}

// Agree agrees to the privacy policy when that is asked for.
func (c Client) Agree(t *testing.T) Client {
	t.Helper()
	if me := c.Me(t); me.Gate == "consent" {
		Want[Me](t, c, http.StatusOK, http.MethodPost, "/session/consent", Object{"version": me.Policy.Current, "agree": true})
	}
	return c
}
