package places_test

import (
	"slices"
	"strings"
	"testing"

	"vestibule/cloud/places"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// shows SITE-08 by cloud/places/places.go: "cities = n.cities[i : i+1]"
func TestCheck_AChildBelongsToItsParent(t *testing.T) {
	for _, c := range []struct {
		address domain.Address
		fault   string
	}{
		{domain.Address{}, ""},
		{domain.Address{Street: "Kerkstraat 1", PostCode: "5961"}, ""},
		{domain.Address{Country: "AT"}, ""},
		{domain.Address{Country: "AT", State: "8", City: "Götzis"}, ""},
		{domain.Address{Country: "AT", State: "8", City: "Goetzis"}, ""},
		{domain.Address{Country: "AT", City: "Götzis"}, ""},
		{domain.Address{Country: "AT", State: "9", City: "Götzis"}, "address.city: This city is not in Vienna."},
		{domain.Address{Country: "NL", City: "Götzis"}, "address.city: This city is not in Netherlands."},
		{domain.Address{Country: "NL", State: "8"}, "address.state: This state is not in Netherlands."},
		{domain.Address{Country: "XX"}, "address.country: This country is not in the catalogue."},
		{domain.Address{State: "8", City: "Götzis"}, "address.state: Choose the country first. address.city: Choose the country first."},
	} {
		var f fault.Fields
		places.Check(&f, "address.", c.address)
		var got []string
		for _, field := range fault.FieldsOf(f.Err()) {
			got = append(got, field.Path+": "+field.Msg)
		}
		if strings.Join(got, " ") != c.fault {
			t.Errorf("%+v: %q, want %q", c.address, got, c.fault)
		}
	}
}

// shows SITE-08 by cloud/places/places.go: "n.cities[last] = append(n.cities[last], line)" => "_ = last"
func TestCities_HoldThePlacesOfTheRule(t *testing.T) {
	limburg := places.Cities("NL", "LI")
	for _, name := range []string{"Horst", "Lottum", "Veulen", "Meterik", "Sevenum", "Grubbenvorst", "Hegelsom", "Kronenberg"} {
		if !slices.Contains(limburg, name) {
			t.Errorf("%s is not in Limburg", name)
		}
	}
	if !slices.Contains(places.States("AT"), places.State{Code: "8", Name: "Vorarlberg"}) || !slices.Contains(places.Cities("AT", "8"), "Götzis") {
		t.Error("Austria > Vorarlberg > Götzis is missing")
	}
	if all := places.Cities("NL", ""); !slices.Contains(all, "Horst") || !slices.Contains(all, "Amsterdam") {
		t.Error("a country without a chosen state has all its cities")
	}
}

func TestCountries_HaveCallingCodes(t *testing.T) {
	for _, c := range places.Countries() {
		if len(c.Code) != 2 || c.Name == "" || c.Phone == "" || strings.Trim(c.Phone, "0123456789") != "" || c.Phone[0] == '0' {
			t.Errorf("%+v", c)
		}
	}
	for country, want := range map[string]string{"AT": "+43", "NL": "+31", "US": "+1", "GB": "+44", "XX": "", "": ""} {
		if got := places.AreaCode(country); got != want {
			t.Errorf("area code of %q is %q, want %q", country, got, want)
		}
	}
}
