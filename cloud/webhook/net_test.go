package webhook_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
	"vestibule/cloud/webhook"
)

// privates are addresses that no webhook may reach, in the ways in which they can be written.
var privates = []string{
	"0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
	"192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
	"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:93.184.215.14", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "5f00::1",
}

func TestPublic_IsTheInternetAlone(t *testing.T) {
	for _, text := range privates {
		if webhook.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as public", text)
		}
	}
	for _, text := range []string{"93.184.215.14", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1"} {
		if !webhook.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as private", text)
		}
	}
	if webhook.Public(netip.Addr{}) || webhook.Public(netip.MustParseAddr("fe80::1%eth0")) {
		t.Error("nothing, and an address with a zone, are not public")
	}
}

// The kernel is asked at the last moment too: whatever a resolver said, the address of the connection counts.
func TestControl_RefusesTheRealAddress(t *testing.T) {
	own := webhook.Net{Own: func(to netip.AddrPort) bool { return to.Port() == 8443 }}
	for address, ok := range map[string]bool{
		"127.0.0.1:443": false, "[::1]:443": false, "[::ffff:10.0.0.1]:443": false, "169.254.169.254:80": false, "93.184.215.14:443": true, "93.184.215.14:8443": false,
		"example.com:443": false, "": false,
	} {
		if err := own.Control(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestWebhook_NeverLeadsIntoPrivateNetworks(t *testing.T) {
	each(t, func(t *testing.T, s *cloudtest.Server, r *receiver) {
		c := s.SetUp(t)
		r.resolves("localhost", "127.0.0.1")
		r.resolves("metadata.example.com", "169.254.169.254")
		r.resolves("half.example.com", public.String(), "10.0.0.5")
		r.resolves("mapped.example.com", "::ffff:192.168.1.1")
		urls := []string{
			"https://localhost/", "https://metadata.example.com/", "https://half.example.com/", "https://mapped.example.com/", "https://nowhere.example.com/",
			"http://example.com/", "ftp://example.com/", "https://user:pw@example.com/", "https://example.com/#x", "https://example.com:0/", "https://example.com:70000/",
			"https://", "https:///x", "example.com", "", "https://exa mple.com/", "https://2130706433/", "https://[fe80::1%25eth0]/", "https://0x7f.1/",
			"https://example.com/" + strings.Repeat("x", 3000), "https://" + strings.TrimPrefix(s.URL, "http://") + "/", "gopher:example.com",
		}
		for _, address := range privates {
			if strings.Contains(address, ":") {
				address = "[" + address + "]"
			}
			urls = append(urls, "https://"+address+"/", "https://"+address+":8080/")
		}
		for _, u := range urls {
			a := c.Do(t, http.MethodPost, "/webhooks", cloudtest.Object{"name": "Desk", "url": u, "kinds": []string{"audit"}})
			if a.Status != http.StatusUnprocessableEntity || a.Field("url") == "" {
				t.Errorf("%q: %d %s", u, a.Status, a.Body)
			}
		}
		bad := c.Do(t, http.MethodPost, "/webhooks", cloudtest.Object{"name": strings.Repeat("x", 65), "url": "https://example.com/", "kinds": []string{"audit", "audit", "doors"}})
		if bad.Field("name") == "" || bad.Field("kinds[1]") == "" || bad.Field("kinds[2]") == "" || bad.Status != http.StatusUnprocessableEntity {
			t.Errorf("%d %s", bad.Status, bad.Body)
		}
		if list := cloudtest.Want[page[hook]](t, c, http.StatusOK, http.MethodGet, "/webhooks", nil); len(list.Items) != 0 || len(r.dials) != 0 {
			t.Errorf("%v, dialled %v", list, r.dials)
		}
		rebinds(t, c, r)
	})
}

// rebinds shows that a name that led somewhere else when it was saved leads nowhere.
func rebinds(t *testing.T, c cloudtest.Client, r *receiver) {
	t.Helper()
	h := add(t, c, "agent.online")
	r.resolves("example.com", "127.0.0.1")
	d := cloudtest.Want[delivery](t, c, http.StatusAccepted, http.MethodPost, "/webhooks/"+h.ID+"/try", nil)
	if got := settled(t, c, h, d.ID); got.State != "failed" || got.Fault != "refused" || got.Attempts != 1 || got.Status != 0 {
		t.Errorf("after the name changed its mind: %+v", got)
	}
	if len(r.dials) != 0 || len(r.got) != 0 {
		t.Errorf("something was called: %v", r.dials)
	}
	if a := c.Do(t, http.MethodPut, "/webhooks/"+h.ID, cloudtest.Object{"name": "Desk", "url": h.URL, "kinds": h.Kinds}, "If-Match", "*"); a.Field("url") == "" {
		t.Errorf("saved again: %d %s", a.Status, a.Body)
	}
}
