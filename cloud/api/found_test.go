package api_test

import (
	"maps"
	"net/http"
	"testing"

	"vestibule/cloud/cloudtest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/presence"
	"vestibule/shared/domain"
)

// standings gives how each found device stands to a site, by its MAC; the name of the site's own follows.
func (b *bench) standings(t *testing.T, c cloudtest.Client, site string) map[string]string {
	t.Helper()
	list := cloudtest.Want[struct {
		Items []struct {
			MAC, Standing string
			Name          string `json:"device_name"`
		}
	}](t, c, http.StatusOK, http.MethodGet, "/sites/"+site+"/candidates", nil)
	out := map[string]string{}
	for _, f := range list.Items {
		out[f.MAC] = f.Standing
		if f.Name != "" {
			out[f.MAC] += " " + f.Name
		}
	}
	return out
}

// shows EDGE-04 by cloud/store/candidates.go: "return eventlog.Elsewhere" => "return eventlog.Available"
// shows EDGE-04 by cloud/store/candidates.go: "return eventlog.Unregistered" => "return eventlog.Available"
// shows EDGE-04 by cloud/store/candidates.go: "return eventlog.Ours" => "return eventlog.Elsewhere"
func TestFound_StandsToTheSiteInOneOfFourWays(t *testing.T) {
	onBoth(t, func(t *testing.T, b *bench) {
		rival := b.Stranger(t)
		harbour, foreign := b.site(t, b.Client, "Harbour", "community"), siteOf(t, rival, "community", "Foreign")
		agent := b.agent(t, harbour, presence.Online)
		gate := b.device(t, harbour, "0C11050B9801", "akuvox")
		cloudtest.Want[thing](t, rival, http.StatusCreated, http.MethodPost, foreign+"/devices", cloudtest.Object{"type": 2, "mac": "0C11050B9802", "name": "Theirs"})
		register(t, rival, "", "0C11050B9803")
		register(t, b.Client, "", "0C11050B9804")
		at, err := domain.ParseID[domain.SiteID](harbour)
		must(t, err)
		for _, mac := range []domain.MAC{"0C11050B9801", "0C11050B9802", "0C11050B9803", "0C11050B9804", "0C11050B9805"} {
			must(t, b.db.PutCandidate(b.system(t), at, eventlog.Candidate{MAC: mac, Agent: agent, FoundAt: b.now}))
		}
		want := map[string]string{
			"0C11050B9801": "ours Monitor 0C11050B9801", "0C11050B9802": "elsewhere", "0C11050B9803": "elsewhere", "0C11050B9804": "available", "0C11050B9805": "unregistered",
		}
		if got := b.standings(t, b.Client, harbour); !maps.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		// A deleted device is found still, and free.
		cloudtest.Want[any](t, b.Client, http.StatusNoContent, http.MethodDelete, "/sites/"+harbour+"/devices/"+gate.String(), nil)
		if got := b.standings(t, b.Client, harbour)["0C11050B9801"]; got != "available" && got != "unregistered" {
			t.Errorf("after its device was deleted it is %s", got)
		}
		if a := rival.Do(t, http.MethodGet, "/sites/"+harbour+"/candidates", nil); a.Status != http.StatusNotFound {
			t.Errorf("a stranger: %d %s", a.Status, a.Body)
		}
	})
}
