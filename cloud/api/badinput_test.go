package api_test

import (
	"bytes"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

// spoilt is one request that is refused, with the fields that are told.
type spoilt struct {
	method, path string
	body         any
	status       int
	fields       string
}

func refused(t *testing.T, c cloudtest.Client, all []spoilt) {
	t.Helper()
	for _, one := range all {
		a := c.Do(t, one.method, one.path, one.body)
		if a.Status != one.status || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d, want %d: %.300s", one.method, one.path, a.Status, one.status, a.Body)
		}
		for field := range strings.FieldsSeq(one.fields) {
			if a.Field(field) == "" {
				t.Errorf("%s %s: nothing at %s: %.300s", one.method, one.path, field, a.Body)
			}
		}
	}
}

// A name of ten megabytes is refused by its size, wherever it comes, without being kept in memory.
func TestBadInput_TenMegabytes(t *testing.T) {
	s := cloudtest.Start(t, "")
	op := s.SetUp(t)
	long := strings.Repeat("x", 10<<20)
	person := `{"first_name":"` + long + `","last_name":"M","email":"mia@example.com"}`
	requests := []spoilt{
		{method: http.MethodPost, path: "/sites", body: `{"name":"` + long + `","time_zone":"UTC"}`},
		{method: http.MethodPost, path: "/managers", body: person},
		{method: http.MethodPost, path: "/orgs", body: `{"name":"` + long + `","account":{"name":"Dora","email":"dora@example.com"}}`},
		{method: http.MethodPut, path: "/me", body: `{"name":"` + long + `"}`},
		{method: http.MethodPost, path: "/session", body: `{"login":"` + long + `","password":"x"}`},
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, one := range requests {
		if a := op.Do(t, one.method, one.path, one.body); a.Status != http.StatusRequestEntityTooLarge || bytes.Contains(a.Body, []byte("xxx")) {
			t.Errorf("%s %s: %d %.200s", one.method, one.path, a.Status, a.Body)
		}
	}
	runtime.ReadMemStats(&after)
	// Kept whole, and grown while it is read, each body would take some fifty; what else runs meanwhile takes a few.
	if grew := after.TotalAlloc - before.TotalAlloc; grew > 96<<20 {
		t.Errorf("%d bytes for five requests that were refused", grew)
	}
	for _, path := range []string{"/sites", "/managers", "/orgs"} {
		if list := cloudtest.Want[struct{ Items []thing }](t, op, http.StatusOK, http.MethodGet, path, nil); len(list.Items) != 0 {
			t.Errorf("%s: %d are stored", path, len(list.Items))
		}
	}
	if me := op.Me(t); me.Name != "Ada" {
		t.Errorf("the name is %.20q", me.Name)
	}
}

// Whatever a form of people, organisations, tokens and webhooks holds, the answer is a refusal at its field and nothing is stored.
func TestBadInput_OfPeopleAndOrganisations(t *testing.T) {
	eachCloud(t, func(t *testing.T, s *cloudtest.Server) {
		op, eve := s.SetUp(t), s.Stranger(t)
		theirs := addSite(t, eve, "Theirs")
		m := addManager(t, op, nil)
		sub := cloudtest.Want[thing](t, eve, http.StatusCreated, http.MethodPost, "/subaccounts", cloudtest.Object{"username": "sub.eve", "email": "sub@example.com"})
		org := cloudtest.Want[thing](t, op, http.StatusCreated, http.MethodPost, "/orgs", cloudtest.Object{"name": "North Ltd", "account": owner("Dora", "dora@example.com")})
		const post, put, get, del = http.MethodPost, http.MethodPut, http.MethodGet, http.MethodDelete
		const bad, none, no = http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusForbidden
		person := func(first string, more cloudtest.Object) cloudtest.Object {
			body := cloudtest.Object{"first_name": first, "last_name": "M", "email": "new@example.com"}
			for k, v := range more {
				body[k] = v
			}
			return body
		}
		hook := func(url string, kinds ...string) cloudtest.Object {
			return cloudtest.Object{"name": "Desk", "url": url, "kinds": kinds}
		}
		refused(t, op, []spoilt{
			{post, "/sites", cloudtest.Object{"name": "a\x00b", "time_zone": "UTC"}, bad, "name"},
			{post, "/managers", person("a\x00b", nil), bad, "first_name"},
			{post, "/managers", person("a", cloudtest.Object{"email": "a\x00@example.com", "language": "xx"}), bad, "email language"},
			{post, "/orgs", cloudtest.Object{"name": "a\x00b", "account": owner("a\x00b", "new@example.com")}, bad, "name account.name"},
			{put, "/me", cloudtest.Object{"name": "a\x00b", "language": "xx", "time_zone": "Mars"}, bad, "name language time_zone"},
			{post, "/subaccounts", cloudtest.Object{"username": "a\x00b", "email": "x", "phone": "\x00"}, bad, "username email phone"},
			{post, "/managers", person("a", cloudtest.Object{"site_ids": []string{"nonsense"}}), bad, "site_ids[0]"},
			{post, "/managers", person("a", cloudtest.Object{"site_ids": []string{theirs}}), bad, "site_ids[0]"},
			{post, "/orgs", cloudtest.Object{"name": "A", "parent_id": "nonsense", "account": owner("A", "new@example.com")}, bad, "parent_id"},
			{post, "/orgs", cloudtest.Object{"name": "A", "kind": "installer", "parent_id": theirs, "account": owner("A", "new@example.com")}, bad, "parent_id"},
			{post, "/orgs", cloudtest.Object{"name": "A", "kind": "kingdom", "account": owner("A", "new@example.com")}, bad, "kind"},
			{put, "/orgs/" + org.ID + "/gates", cloudtest.Object{"credits": -1}, bad, "credits"},
			{get, "/orgs?kind=kingdom", nil, bad, "kind"},
			{get, "/mails?state=lost", nil, bad, "state"},
			{get, "/audit/export?format=exe", nil, bad, "format"},
			{put, "/managers/" + m.ID, person("Mia", nil), bad, "email"},
			{get, "/subaccounts/" + sub.ID, nil, none, ""},
			{put, "/subaccounts/" + sub.ID, cloudtest.Object{"username": "mine.now", "email": "mine@example.com"}, none, ""},
			{del, "/subaccounts/" + sub.ID, nil, none, ""},
			{post, "/subaccounts/" + sub.ID + "/reset", nil, none, ""},
			{get, "/managers/nonsense", nil, none, ""},
			{get, "/managers/" + theirs, nil, none, ""},
			{del, "/tokens/nonsense", nil, none, ""},
			{del, "/sessions/%00", nil, none, ""},
			{get, "/webhooks/%FF", nil, none, ""},
			{post, "/webhooks", hook("https://127.0.0.1/", "audit"), bad, "url"},
			{post, "/webhooks", hook("https://[::ffff:127.0.0.1]/", "audit"), bad, "url"},
			{post, "/webhooks", hook("https://10.0.0.1/", "audit"), bad, "url"},
			{post, "/webhooks", hook("https://93.184.215.14/", "kingdom.fell"), bad, "kinds[0]"},
			{post, "/tokens", cloudtest.Object{"name": "a\x00b", "scopes": []string{"home.read"}, "days": 0}, bad, "name scopes[0] days"},
			{post, "/tokens", cloudtest.Object{"name": "a", "scopes": []string{"kingdom.rule"}, "days": 1}, bad, "scopes[0]"},
			{post, "/mails/try", cloudtest.Object{"address": "a\x00@example.com"}, bad, "address"},
		})
		refused(t, eve, []spoilt{
			{post, "/tokens", cloudtest.Object{"name": "a", "scopes": []string{"service.write"}, "days": 1}, bad, "scopes[0]"},
			{get, "/managers/" + m.ID, nil, none, ""},
			{get, "/mails", nil, no, ""},
		})
		for path, want := range map[string]int{"/sites": 0, "/managers": 1, "/orgs": 1, "/webhooks": 0, "/tokens": 0, "/subaccounts": 0} {
			if list := cloudtest.Want[struct{ Items []thing }](t, op, http.StatusOK, get, path, nil); len(list.Items) != want {
				t.Errorf("%s: %d are stored", path, len(list.Items))
			}
		}
		notText(t, op)
		badPages(t, s, op, eve, theirs)
	})
}

// notText sends bytes that are no text (UTF-8): refused, or kept as text.
func notText(t *testing.T, c cloudtest.Client) {
	t.Helper()
	a := c.Do(t, http.MethodPost, "/sites", "{\"name\":\"a\xff\xfeb\",\"time_zone\":\"UTC\"}")
	if a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusBadRequest && a.Status != http.StatusCreated {
		t.Errorf("bytes that are no text: %d %s", a.Status, a.Body)
	}
	if bytes.Contains(a.Body, []byte("\xff")) {
		t.Errorf("they come back: %q", a.Body)
	}
}

// badPages asks every list for parts that there are not.
func badPages(t *testing.T, s *cloudtest.Server, op, eve cloudtest.Client, site string) {
	t.Helper()
	hook := cloudtest.Want[thing](t, op, http.StatusCreated, http.MethodPost, "/webhooks", cloudtest.Object{"name": "D", "url": "https://93.184.215.14/", "kinds": []string{"audit"}})
	site, deliveries := "/sites/"+site, "/webhooks/"+hook.ID+"/deliveries"
	for _, list := range []struct {
		cloudtest.Client
		path, cursor string
	}{
		{op, "/mails", "cursor"},
		{op, "/managers", "cursor"},
		{op, "/orgs", "cursor"},
		{op, "/subaccounts", "cursor"},
		{op, "/audit", "cursor"},
		{op, deliveries, "cursor"},
		{eve, "/sites", "cursor"},
		{eve, site + "/people", "cursor"},
		{eve, site + "/events", "before"},
		{eve, site + "/buildings", "cursor"},
		{eve, site + "/apartments", "cursor"},
		{eve, site + "/devices", "cursor"},
		{eve, site + "/boards", "cursor"},
		{eve, site + "/groups", "cursor"},
	} {
		for _, limit := range []string{"-1", "0", "1001", "99999999999999999999", "1e3", "x"} {
			if a := list.Do(t, http.MethodGet, list.path+"?limit="+limit, nil); a.Status != http.StatusUnprocessableEntity || a.Field("limit") == "" {
				t.Errorf("%s of %s: %d %.200s", limit, list.path, a.Status, a.Body)
			}
		}
		for _, cursor := range []string{"-1", "nonsense", "\x00", "\xff", "' OR 1=1 --"} {
			if a := list.Do(t, http.MethodGet, list.path+"?"+list.cursor+"="+url.QueryEscape(cursor), nil); a.Status != http.StatusUnprocessableEntity {
				t.Errorf("%q of %s: %d %.200s", cursor, list.path, a.Status, a.Body)
			}
		}
	}
	refused(t, op, []spoilt{{http.MethodGet, deliveries + "?cursor=nonsense", nil, http.StatusUnprocessableEntity, "cursor"}})
	if strings.Contains(s.Log.String(), "panic in a request") {
		t.Error("something panicked")
	}
}
