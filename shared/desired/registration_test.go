package desired

import (
	"fmt"
	"strings"
	"testing"

	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// What a monitor shows as QR is part of the document; a site that takes nobody by scanning shows nothing (SITE-21).
//
// shows PEOPLE-25 SITE-21 by shared/desired/view.go: "if !waits || v.Site.Form.NoRegistration {" => "if !waits {"
func TestView_RegistrationOfAHome(t *testing.T) {
	d, _ := house(t)
	home, other := domain.ApartmentID{4, 1}, domain.ApartmentID{4, 2}
	if v, err := Read(d, 1); err != nil || len(v.Registrations) != 0 {
		t.Fatalf("a document from before: %v", err)
	}
	const url = "https://doors.example.com/register#token=planted"
	put(t, d, SectionRegistrations, Key(home), domain.Registration{ApartmentID: home, URL: secret.New(url)})
	v, err := Read(d, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := v.RegistrationOf(home); !ok || got.Reveal() != url {
		t.Errorf("%v %v", got, ok)
	}
	if _, ok := v.RegistrationOf(other); ok {
		t.Error("a home without a code has one")
	}
	if strings.Contains(fmt.Sprintf("%+v", v.Registrations), "planted") {
		t.Error("the code is printed")
	}
	site := domain.SiteID{1}
	put(t, d, SectionSite, Key(site), domain.Site{ID: site, Name: "Court", TimeZone: "Europe/Berlin", Form: domain.SiteForm{NoRegistration: true}})
	if v, err = Read(d, 3); err != nil {
		t.Fatal(err)
	}
	if _, ok := v.RegistrationOf(home); ok {
		t.Error("shown although the site takes nobody")
	}
	if !d.Delete(SectionRegistrations, Key(home)) {
		t.Error("not deleted")
	}
}
