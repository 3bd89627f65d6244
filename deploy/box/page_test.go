package box

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

func (b *box) post(path string, form url.Values) (status int, page string) {
	b.t.Helper()
	res, err := b.person.PostForm(b.agent.LANURL()+path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func (b *box) get(path string) int {
	b.t.Helper()
	res, err := b.person.Get(b.agent.LANURL() + path)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

type agents struct {
	Items []struct {
		Presence struct {
			State string `json:"state"`
		} `json:"presence"`
	} `json:"items"`
}

// A box without a claim offers its form alone; an invented and a used code get the same words and leave nothing; the right link makes it an agent
// whose page asks for the PIN.
//
// shows EDGE-01/R01
func TestPage_ClaimsTheBoxOnce(t *testing.T) {
	cloud := cloudtest.Start(t, "")
	c := cloud.SetUp(t)
	path, _, _ := site(t, c)
	first := newBox(t, "")
	if got := first.get("/status"); got != http.StatusUnauthorized {
		t.Fatalf("an unclaimed box showed its status: %d", got)
	}
	good := cloudtest.Want[claim](t, c, 201, "POST", path+"/claims", nil)
	invented := strings.Replace(good.Link, strings.ReplaceAll(good.Code, "-", ""), "0000000000000", 1)
	if invented == good.Link {
		t.Fatalf("the link does not hold the code: %s", good.Link)
	}
	status, refusal := first.post("/claim", url.Values{"link": {invented}})
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("an invented code: %d", status)
	}
	status, page := first.post("/claim", url.Values{"link": {good.Link}})
	if status != http.StatusOK || first.pin.IsZero() || !strings.Contains(page, first.pin.Reveal()) {
		t.Fatalf("the right link: %d", status)
	}
	second := newBox(t, "")
	status, used := second.post("/claim", url.Values{"link": {good.Link}})
	if status != http.StatusUnprocessableEntity || sentence(used) != sentence(refusal) {
		t.Fatalf("a used code: %d %q, an invented one %q", status, sentence(used), sentence(refusal))
	}
	eventually(t, patience, "the agent is online", func() bool {
		list := cloudtest.Want[agents](t, c, 200, "GET", path+"/agents", nil)
		return len(list.Items) == 1 && list.Items[0].Presence.State == "online"
	})
	if got := first.get("/status"); got != http.StatusUnauthorized {
		t.Fatalf("without the PIN: %d", got)
	}
	if status, _ := first.post("/pin", url.Values{"pin": {first.pin.Reveal()}}); status >= 400 {
		t.Fatalf("the PIN: %d", status)
	}
	if got := first.get("/status"); got != http.StatusOK {
		t.Fatalf("with the PIN: %d", got)
	}
}

// sentence is what the page says went wrong.
func sentence(page string) string {
	_, rest, _ := strings.Cut(page, `role="alert"`)
	_, rest, _ = strings.Cut(rest, ">")
	text, _, _ := strings.Cut(rest, "<")
	return strings.TrimSpace(text)
}
