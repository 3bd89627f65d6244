package domain

import (
	"slices"
	"strings"
	"testing"

	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// goodTrunk is a trunk that is in order.
func goodTrunk() Trunk {
	t := Trunk{
		Host: "sip.example.com", Register: true, User: "4930123", Password: secret.New("planted"), CallerID: "+49301234567", Enabled: true,
		Limits: TrunkLimits{Countries: []string{"DE"}},
	}
	t.Defaults()
	return t
}

func TestTrunk_FaultsAtFields(t *testing.T) {
	if err := goodTrunk().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(t *Trunk)
		at     string
	}{
		{func(t *Trunk) { t.Host = "sip:example.com" }, "host"},
		{func(t *Trunk) { t.Host = "" }, "host"},
		{func(t *Trunk) { t.Host = "a b" }, "host"},
		{func(t *Trunk) { t.Port = 70000 }, "port"},
		{func(t *Trunk) { t.Transport = "tcp" }, "transport"},
		{func(t *Trunk) { t.User = "" }, "user"},
		{func(t *Trunk) { t.User = "a@b" }, "user"},
		{func(t *Trunk) { t.Register, t.User = false, "" }, "user"},
		{func(t *Trunk) { t.Password = secret.String{} }, "password"},
		{func(t *Trunk) { t.Password = secret.New("a\nb") }, "password"},
		{func(t *Trunk) { t.CallerID = "030 1234567" }, "caller_id"},
		{func(t *Trunk) { t.CallerID = "+0301234567" }, "caller_id"},
		{func(t *Trunk) { t.Limits.Countries = nil }, "limits.countries"},
		{func(t *Trunk) { t.Limits.Countries = []string{"DE", "XX"} }, "limits.countries[1]"},
		{func(t *Trunk) { t.Limits.Countries = []string{"DE", "DE"} }, "limits.countries[1]"},
		{func(t *Trunk) { t.Limits.Countries = slices.Repeat([]string{"AT"}, 21) }, "limits.countries"},
		{func(t *Trunk) { t.Limits.Calls = 21 }, "limits.calls"},
		{func(t *Trunk) { t.Limits.DayMinutes = 1441 }, "limits.day_minutes"},
		{func(t *Trunk) { t.Limits.CallMinutes = -1 }, "limits.call_minutes"},
		{func(t *Trunk) { t.Limits.AlarmMinutes = t.Limits.DayMinutes + 1 }, "limits.alarm_minutes"},
	} {
		trunk := goodTrunk()
		c.change(&trunk)
		fields := fault.FieldsOf(trunk.Validate())
		if !slices.ContainsFunc(fields, func(f fault.Field) bool { return f.Path == c.at }) {
			t.Errorf("%s: no fault there: %v", c.at, fields)
		}
	}
}

func TestTrunk_DefaultsBoundEveryTrunk(t *testing.T) {
	l := goodTrunk().Limits
	if l.Calls != 2 || l.DayMinutes != 120 || l.CallMinutes != 10 || l.AlarmMinutes != 96 {
		t.Errorf("%+v", l)
	}
	trunk := Trunk{Transport: TrunkTLS}
	if trunk.PortOf() != 5061 || goodTrunk().PortOf() != 5060 || (Trunk{Port: 5080}).PortOf() != 5080 {
		t.Error("wrong port")
	}
}

// A number is what the carrier is asked to call: what people typed, with the country in front.
//
// shows CALL-09 by shared/domain/phone.go: "national = strings.TrimPrefix(digits, \"0\")"
func TestE164_WhatPeopleType(t *testing.T) {
	for _, c := range []struct{ number, country, want string }{
		{"+49 301234567", "", "+49301234567"},
		{"+49 (0)30 1234567", "DE", "+49301234567"},
		{"030 / 123 45-67", "DE", "+49301234567"},
		{"0049 30 1234567", "DE", "+49301234567"},
		{"0049 30 1234567", "", "+49301234567"},
		{"06 698 12345", "IT", "+390669812345"},
		{"(212) 555-0100", "US", "+12125550100"},
		{"1 212 555 0100", "US", "+12125550100"},
		{"011 49 30 1234567", "US", "+49301234567"},
		{"876 555 0100", "JM", "+18765550100"},
		{"0011 49 30 1234567", "AU", "+49301234567"},
		{"8 495 1234567", "RU", "+74951234567"},
		{"06 1 234 5678", "HU", "+3612345678"},
		{"01481 123456", "GG", "+441481123456"},
		{"912 345 678", "ES", "+34912345678"},
		{"030 1234567", "", ""}, // whose?
		{"110", "DE", ""},
		{"911", "US", ""},
		{"+112", "", ""},
		{"", "DE", ""},
		{"+49301234567890123", "", ""},
		{"+0301234567", "", ""},
		{"000", "DE", ""},
	} {
		got, ok := E164(c.number, c.country)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%q of %q: %q %v, want %q", c.number, c.country, got, ok, c.want)
		}
	}
}

// The longest beginning counts: who allows the United States has not allowed the islands that share +1 with it, and satellites are of no country.
//
// shows CALL-09 by shared/domain/phone.go: "for n := min(table.longest, len(digits)); n > 0; n-- {" => "	for n := 1; n <= min(table.longest, len(digits)); n++ {"
func TestTrunkLimits_Countries(t *testing.T) {
	limits := func(list string) TrunkLimits { return TrunkLimits{Countries: strings.Fields(list)} }
	for _, c := range []struct {
		number, allowed string
		want            bool
	}{
		{"+49301234567", "DE", true},
		{"+43112345", "DE", false},
		{"+12125550100", "US", true},
		{"+12125550100", "CA", true}, // one area
		{"+18765550100", "US CA", false},
		{"+18765550100", "JM", true},
		{"+77011234567", "RU", false},
		{"+77011234567", "KZ", true},
		{"+441481123456", "GB", false},
		{"+442071234567", "GB", true},
		{"+881612345678", "DE", false},
		{"+97912345678", "DE", false},
		{"49301234567", "DE", false},
		{"+49301234567", "", false},
	} {
		if got := limits(c.allowed).Allows(c.number); got != c.want {
			t.Errorf("%s with %q: %v", c.number, c.allowed, got)
		}
	}
}

func FuzzE164(f *testing.F) {
	f.Add("+49 (0)30 1234567", "DE")
	f.Add("011 1", "US")
	f.Fuzz(func(t *testing.T, number, country string) {
		got, ok := E164(number, country)
		if ok != e164.MatchString(got) {
			t.Errorf("%q %v", got, ok)
		}
		CountriesOf(got)
	})
}
