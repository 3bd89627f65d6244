package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"vestibule/cloud/cloudtest"
)

// postbox lets the program in the browser read the mails that a real mail server took: GET /?to=…&n=… gives the n-th mail to an address.
func postbox(t *testing.T, mails *cloudtest.Mails) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := mails.All(r.URL.Query().Get("to"))
		type mail struct{ Subject, Language, Link, Code, Text string }
		out := make([]mail, len(all))
		for i, m := range all {
			out[i] = mail{Subject: m.Subject, Language: m.Language, Link: m.Link, Code: m.Code, Text: m.Text}
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// From the first start to the operator, and from there by mail links alone: distributor, installer, sub-installer, manager, resident; a passkey;
// the distributor enters with consent, is seen, acts, is thrown out, and the audit tells it. Then every page of every role in every look.
//
// shows ACC-17 DASH-01 by cloud/account/rights.go: "{Right: SitesWrite,"
func TestPortal_WhoMayDoWhat(t *testing.T) {
	c := cloudtest.Start(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := drive(t, ctx, cancel, "people.spec.mjs", "VESTIBULE_SETUP_URL="+c.Cloud.SetupLink(), "VESTIBULE_MAILS="+postbox(t, c.Mails),
		"VESTIBULE_LOOKS="+looks())
	if err := <-ended; err != nil {
		t.Fatalf("the run in the browser: %v", err)
	}
}
