package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"vestibule/cloud/cloudtest"
)

type libraryMAC struct {
	MAC, Origin string
	Bound       bool
	Org         struct{ ID, Name string }
	Device      *struct {
		ID, Name string
		Site     struct{ ID, Name string }
	}
}

type library struct {
	Items []libraryMAC
	Total int
	Next  string
}

type outcomes struct {
	Items                     []struct{ MAC, Outcome string }
	Added, Duplicate, Refused int
}

func libraryOf(t *testing.T, c cloudtest.Client, query string) library {
	t.Helper()
	return cloudtest.Want[library](t, c, http.StatusOK, http.MethodGet, "/macs"+query, nil)
}

func register(t *testing.T, c cloudtest.Client, org string, macs ...string) outcomes {
	t.Helper()
	return cloudtest.Want[outcomes](t, c, http.StatusOK, http.MethodPost, "/macs", cloudtest.Object{"macs": macs, "org_id": org})
}

// siteOf makes a site of a kind and gives its address.
func siteOf(t *testing.T, c cloudtest.Client, kind, name string) string {
	t.Helper()
	form := cloudtest.Object{"name": name, "time_zone": "UTC", "kind": kind}
	if kind == "single" {
		form["user"] = cloudtest.Object{"name": name}
	}
	return "/sites/" + cloudtest.Want[thing](t, c, http.StatusCreated, http.MethodPost, "/sites", form).ID
}

func rival(t *testing.T, h *cloudtest.House) cloudtest.Client {
	t.Helper()
	_, eve := h.HandOut(t, h.Distributor, "Rivals Ltd", "Eve", "eve@example.com")
	return eve
}

// shows MAC-01 by cloud/fleet/macs.go: "case after[mac].Org != library:" => "case false:"
func TestMACs_OneOwnerEach(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		eve := rival(t, h)
		first := register(t, h.Installer, "", "0c:11:05:0b:98:14", "0C-11-05-0B-98-15", "0C11050B9814")
		if first.Added != 2 || first.Duplicate != 1 || first.Items[0].MAC != "0C11050B9814" || first.Items[2].Outcome != "duplicate" {
			t.Errorf("%+v", first)
		}
		second := register(t, eve, "", "0C11050B9814", "0C11050B9816")
		if second.Refused != 1 || second.Added != 1 || second.Items[0].Outcome != "refused" {
			t.Errorf("%+v", second)
		}
		if a := eve.Do(t, http.MethodPost, "/macs", cloudtest.Object{"macs": []string{"0C11050B9814"}}); strings.Contains(string(a.Body), "Bell") {
			t.Errorf("tells whose it is: %s", a.Body)
		}
		if own := libraryOf(t, eve, ""); own.Total != 1 || own.Items[0].MAC != "0C11050B9816" || own.Items[0].Origin != "installer" {
			t.Errorf("%+v", own)
		}
		if found := libraryOf(t, h.Installer, "?q=98:15"); found.Total != 1 || found.Items[0].MAC != "0C11050B9815" {
			t.Errorf("search: %+v", found)
		}
		if part := libraryOf(t, h.Installer, "?limit=1"); part.Total != 2 || part.Items[0].MAC != "0C11050B9814" {
			t.Errorf("first page: %+v", part)
		} else if next := libraryOf(t, h.Installer, "?limit=1&cursor="+part.Next); len(next.Items) != 1 || next.Items[0].MAC != "0C11050B9815" || next.Next != "" {
			t.Errorf("second page: %+v", next)
		}
		if down := libraryOf(t, h.Installer, "?sort=mac&order=desc&page=1"); down.Items[0].MAC != "0C11050B9815" {
			t.Errorf("downwards: %+v", down)
		}
		refused(t, h.Installer, []spoilt{
			{http.MethodPost, "/macs", cloudtest.Object{"macs": []string{"0C11050B9817", "0C11050B981"}}, 422, "macs[1]"},
			{http.MethodPost, "/macs", cloudtest.Object{"macs": []string{}}, 422, "macs"},
			{http.MethodPost, "/macs", cloudtest.Object{"macs": []string{"0C11050B9817"}, "org_id": "x"}, 422, "org_id"},
			{http.MethodGet, "/macs?sort=colour", nil, 422, "sort"},
			{http.MethodDelete, "/macs/0C11050B9816", nil, 404, ""},
			{http.MethodDelete, "/macs/0C11050B981", nil, 404, ""},
		})
		if n := libraryOf(t, h.Installer, "").Total; n != 2 {
			t.Errorf("what was refused left %d MACs", n)
		}
	})
}

// shows MAC-01 by cloud/fleet/macfile.go: "column = at" => "column = 0"
func TestMACs_FileWithAHeading(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		send := func(text string) cloudtest.Answer {
			return h.Installer.Do(t, http.MethodPost, "/macs/file", text, "Content-Type", "text/csv")
		}
		if a := send("\ufeffNo;MAC;Box\r\n1;0c11050b9814;A\r\n\r\n2;0C11050B9815;A\r\n"); a.Status != http.StatusOK || !strings.Contains(string(a.Body), `"added":2`) {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		if a := send("0C11050B9815\n0C11050B9816"); a.Status != http.StatusOK || !strings.Contains(string(a.Body), `"duplicate":1`) {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		for name, c := range map[string]struct{ text, field string }{
			"eleven digits": {"0C11050B9817\n0C11050B981\n", "line[2]"}, "bytes": {"\xff\xfe0\x00C\x00", "file"}, "nothing": {"\n\n", "macs"},
			"too many": {strings.Repeat("0C11050B9818\n", 5001), "macs"},
		} {
			if a := send(c.text); a.Status != 422 || a.Field(c.field) == "" {
				t.Errorf("%s: %d %.200s", name, a.Status, a.Body)
			}
		}
		if a := send(strings.Repeat("0C11050B9818\n", 90_000)); a.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("too large: %d %.200s", a.Status, a.Body)
		}
		if n := libraryOf(t, h.Installer, "").Total; n != 3 {
			t.Errorf("%d MACs", n)
		}
	})
}

// shows MAC-02 by cloud/store/macs.go: "query = query.Where(boundMAC)"
// shows MAC-03 by cloud/fleet/macs.go: "case found.DeviceName != " => "case false:"
func TestMACs_RemovalIsRefusedWhileBound(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		register(t, h.Installer, "", "0C11050B9814", "0C11050B9815")
		site := siteOf(t, h.Installer, "community", "Park Lane 7")
		gate := cloudtest.Want[thing](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/devices", cloudtest.Object{"type": 0, "mac": "0C11050B9814", "name": "Gate"})
		a := h.Installer.Do(t, http.MethodDelete, "/macs/0C11050B9814", nil)
		if a.Status != http.StatusConflict || !strings.Contains(string(a.Body), "The device Gate of Park Lane 7") {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		bound := libraryOf(t, h.Installer, "?bound=yes")
		if bound.Total != 1 || bound.Items[0].Device == nil || bound.Items[0].Device.ID != gate.ID || bound.Items[0].Device.Site.Name != "Park Lane 7" {
			t.Errorf("%+v", bound)
		}
		// The distributor sees that it is bound, and nothing of the site.
		above := libraryOf(t, h.Distributor, "?org="+h.Bell+"&bound=yes")
		if above.Total != 1 || !above.Items[0].Bound || above.Items[0].Device != nil || above.Items[0].Org.Name != "Bell Ltd" {
			t.Errorf("%+v", above)
		}
		if a := h.Distributor.Do(t, http.MethodDelete, "/macs/0C11050B9814", nil); a.Status != http.StatusConflict || strings.Contains(string(a.Body), "Gate") {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, site+"/devices/"+gate.ID, nil)
		if free := libraryOf(t, h.Installer, "?bound=no"); free.Total != 2 {
			t.Errorf("%+v", free)
		}
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, "/macs/0C11050B9814", nil)
		if a := h.Installer.Do(t, http.MethodGet, "/audit?q=0C11050B9814", nil); !strings.Contains(string(a.Body), `"deleted"`) || !strings.Contains(string(a.Body), `"mac"`) {
			t.Errorf("audit: %s", a.Body)
		}
	})
}

// shows DEV-03 by cloud/fleet/macs.go: ", notInLibrary)"
// shows MAC-04 by cloud/fleet/macs.go: "entry.Origin = ByDistributor"
func TestMACs_WithTheGateOnlyRegisteredOnesCount(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		community, home := siteOf(t, h.Installer, "community", "Park Lane 7"), siteOf(t, h.Installer, "single", "Eva")
		add := func(c cloudtest.Client, site, mac string) cloudtest.Answer {
			return c.Do(t, http.MethodPost, site+"/devices", cloudtest.Object{"type": 0, "mac": mac, "name": "Gate"})
		}
		want := func(a cloudtest.Answer, status int, words string) {
			t.Helper()
			if a.Status != status || !strings.Contains(a.Field("mac"), words) {
				t.Errorf("%d %s, want %d %s", a.Status, a.Body, status, words)
			}
		}
		want(add(h.Installer, community, "0C11050B9810"), http.StatusCreated, "") // the gate is off: the adding registers it
		if own := libraryOf(t, h.Installer, ""); own.Total != 1 || own.Items[0].Origin != "device" {
			t.Errorf("%+v", own)
		}
		cloudtest.Want[any](t, h.Distributor, http.StatusOK, http.MethodPut, "/orgs/"+h.Bell+"/gates", cloudtest.Object{"mac_registration": true})
		want(add(h.Installer, community, "0C11050B9811"), http.StatusUnprocessableEntity, "not in your MAC library")
		register(t, h.Installer, "", "0C11050B9811", "0C11050B9812")
		want(add(h.Installer, community, "0C11050B9811"), http.StatusUnprocessableEntity, "counts for single-family sites")
		want(add(h.Installer, home, "0C11050B9812"), http.StatusCreated, "")
		if done := register(t, h.Distributor, h.Bell, "0C11050B9811"); done.Duplicate != 1 {
			t.Errorf("%+v", done)
		}
		want(add(h.Installer, community, "0C11050B9811"), http.StatusCreated, "")

		eve := rival(t, h)
		theirs := siteOf(t, eve, "community", "Hill Road 1")
		a := add(eve, theirs, "0C11050B9810")
		want(a, http.StatusConflict, "Another owner has registered this MAC.")
		if strings.Contains(string(a.Body), "Bell") || strings.Contains(string(a.Body), "Gate") {
			t.Errorf("tells whose it is: %s", a.Body)
		}
		if n := libraryOf(t, eve, "").Total; n != 0 {
			t.Errorf("what was refused registered %d", n)
		}
		if a := h.Distributor.Do(t, http.MethodPost, "/macs", cloudtest.Object{"macs": []string{"0C11050B9899"}, "org_id": h.North}); a.Status != http.StatusNotFound {
			t.Errorf("into a distributor: %d %s", a.Status, a.Body)
		}
	})
}

func TestMACs_TwoOwnersAtOnce(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		eve := rival(t, h)
		sites := map[string]cloudtest.Client{siteOf(t, h.Installer, "community", "Park Lane 7"): h.Installer, siteOf(t, eve, "community", "Hill Road 1"): eve}
		for n := range 5 {
			mac := fmt.Sprintf("0C11050B99%02X", n)
			var both sync.WaitGroup
			answers := make(chan int, len(sites))
			for site, c := range sites {
				both.Go(func() {
					answers <- c.Do(t, http.MethodPost, site+"/devices", cloudtest.Object{"type": 0, "mac": mac, "name": mac}).Status
				})
			}
			both.Wait()
			if got := <-answers + <-answers; got != http.StatusCreated+http.StatusConflict {
				t.Errorf("%s: %d", mac, got)
			}
		}
	})
}

// shows DEV-29 by cloud/fleet/macs.go: "if err := s.cfg.Store.FreeMAC(ctx, before.MAC); err != nil {" => "if err := error(nil); err != nil {"
func TestMACs_SwapKeepsTheDevice(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := cloudtest.NewHouse(t, s)
		site := siteOf(t, h.Installer, "community", "Park Lane 7")
		form := cloudtest.Object{"type": 0, "mac": "0C11050B9814", "name": "Gate"}
		type device struct {
			ID, MAC string
			SIPUser string `json:"sip_user"`
		}
		gate := cloudtest.Want[device](t, h.Installer, http.StatusCreated, http.MethodPost, site+"/devices", form)
		form["mac"] = "0C11050B9815"
		after := cloudtest.Want[device](t, h.Installer, http.StatusOK, http.MethodPut, site+"/devices/"+gate.ID, form)
		if after.ID != gate.ID || after.MAC != "0C11050B9815" || after.SIPUser != gate.SIPUser {
			t.Errorf("%+v became %+v", gate, after)
		}
		if own := libraryOf(t, h.Installer, ""); own.Total != 1 || own.Items[0].MAC != "0C11050B9815" {
			t.Errorf("%+v", own)
		}
		if a := h.Installer.Do(t, http.MethodGet, "/audit?object_id="+gate.ID, nil); !strings.Contains(string(a.Body), "0C11050B9814") {
			t.Errorf("history: %s", a.Body)
		}
		eve := rival(t, h) // the old hardware is free, for anybody
		cloudtest.Want[device](t, eve, http.StatusCreated, http.MethodPost, siteOf(t, eve, "community", "Hill Road 1")+"/devices", cloudtest.Object{"type": 0, "mac": "0C11050B9814", "name": "Yard"})
		back := h.Installer.Do(t, http.MethodPut, site+"/devices/"+gate.ID, cloudtest.Object{"type": 0, "mac": "0C11050B9814", "name": "Gate"})
		if back.Status != http.StatusConflict || back.Field("mac") == "" {
			t.Errorf("%d %s", back.Status, back.Body)
		}
	})
}
