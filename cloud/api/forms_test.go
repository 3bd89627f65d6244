package api_test

import (
	"net/http"
	"testing"

	"vestibule/cloud/cloudtest"
)

type filled struct {
	Form     map[string]any
	Revision uint64
}

// shows ACC-08 by cloud/api/policy.go: "shown := Provider(form)" => "shown := Provider{}; _ = form"
// shows ACC-10 by cloud/account/forms.go: "faults.Check(err == nil && f.TimeZone != \"\" && f.TimeZone != \"Local\""
// shows ACC-14 by cloud/account/forms.go: "faults.Check(f.Attn != \"\""
// shows ACC-15 by cloud/account/forms.go: "faults.Check(f.Phone != \"\", \"phone\", \"A phone number: residents"
func TestForms_AreCheckedAndKept(t *testing.T) {
	onTrees(t, func(t *testing.T, s *cloudtest.Server) {
		w := newTree(t, s)
		for form, c := range map[string]struct {
			right cloudtest.Object
			wrong map[string]any
		}{
			"service": {cloudtest.Object{"company": "Bell Ltd", "website": "https://bell.example"}, map[string]any{"website": "javascript:alert(1)", "phone": "030 1", "email": "x"}},
			"support": {cloudtest.Object{"phone": "+49 30 1234567", "email": "help@bell.example", "receive_feedback": true}, map[string]any{"phone": "", "email": ""}},
			"billing": {
				cloudtest.Object{"company": "Bell Ltd", "attn": "Ida", "country": "DE", "phone": "+49 30 1234567", "email": "pay@bell.example"},
				map[string]any{"company": "", "attn": "", "country": "XX", "phone": "", "email": ""},
			},
			"time": {cloudtest.Object{"time_zone": "Asia/Shanghai", "date_format": "DD.MM.YYYY", "hour12": true}, map[string]any{"time_zone": "Moon/Base", "date_format": "D"}},
		} {
			path := "/org/forms/" + form
			for field, value := range c.wrong {
				body := cloudtest.Object{}
				for k, v := range c.right {
					body[k] = v
				}
				body[field] = value
				if a := w.installer.Do(t, http.MethodPut, path, body); a.Status != 422 || a.Field(field) == "" {
					t.Errorf("%s.%s: %d %s", form, field, a.Status, a.Body)
				}
			}
			cloudtest.Want[filled](t, w.installer, 200, http.MethodPut, path, c.right)
			kept := cloudtest.Want[filled](t, w.installer, 200, http.MethodGet, path, nil)
			for k, v := range c.right {
				if kept.Form[k] != v || kept.Revision != 1 {
					t.Errorf("%s.%s: %v, revision %d", form, k, kept.Form[k], kept.Revision)
				}
			}
			if other := cloudtest.Want[filled](t, w.distributor, 200, http.MethodGet, path, nil); other.Revision != 0 {
				t.Errorf("%s of another organisation is filled in", form)
			}
		}
		policy := cloudtest.Want[struct{ Provider *struct{ Company string } }](t, cloudtest.Client{URL: s.URL}, 200, http.MethodGet, "/policy?org="+w.installerOrg.ID, nil)
		if policy.Provider == nil || policy.Provider.Company != "Bell Ltd" {
			t.Errorf("%+v", policy.Provider)
		}
		if nobody := cloudtest.Want[struct{ Provider *struct{} }](t, cloudtest.Client{URL: s.URL}, 200, http.MethodGet, "/policy?org="+w.distributorOrg.ID, nil); nobody.Provider != nil {
			t.Error("who filled in nothing is named")
		}
	})
}

// shows ACC-13 by cloud/account/forms.go: "form.InstallerApp = true"
func TestForms_TheAppStaysWhenAccountAccessIsOff(t *testing.T) {
	w := newTree(t, cloudtest.Start(t, ""))
	if app := cloudtest.Want[filled](t, w.installer, 200, http.MethodGet, "/org/forms/app", nil); app.Form["installer_app"] != true {
		t.Errorf("%v", app.Form)
	}
	cloudtest.Want[filled](t, w.installer, 200, http.MethodPut, "/org/forms/app", cloudtest.Object{"installer_app": false})
	if app := cloudtest.Want[filled](t, w.installer, 200, http.MethodGet, "/org/forms/app", nil); app.Form["installer_app"] != false || app.Revision != 1 {
		t.Errorf("%+v", app)
	}
}

// shows ACC-24 by cloud/api/readiness.go: "macs += b.MACs" => "		macs -= b.MACs"
func TestReadiness_CountsWhatTheSiteHas(t *testing.T) {
	onTrees(t, func(t *testing.T, s *cloudtest.Server) {
		y := newYard(t, s.SetUp(t), "0C11050B9814")
		got := cloudtest.Want[struct {
			Ready bool
			Lines []struct {
				Kind, State string
				N, Total    int
			}
		}](t, y.Client, 200, http.MethodGet, "/sites/"+y.ids["site"]+"/readiness", nil)
		want := map[string]string{"agents": "none", "devices": "done", "macs": "done", "online": "open", "receipts": "open", "managed": "done"}
		for _, line := range got.Lines {
			if line.State != want[line.Kind] {
				t.Errorf("%+v", line)
			}
			delete(want, line.Kind)
		}
		if got.Ready || len(want) > 0 {
			t.Errorf("ready %v, without %v", got.Ready, want)
		}
	})
}
