package domain_test

import (
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// shows EDGE-26 by shared/domain/keyring.go: "case commonPIN(text):" => "case false:"
func TestCheckPIN_RefusesWhatIsTriedFirst(t *testing.T) {
	for pin, ok := range map[string]bool{
		"4829": true, "482913": true, "30571846": true, "70412": true,
		"0000": false, "1212": false, "123123": false, "1234": false, "4321": false, "8901": false, "1987": false, "2024": false, "2580": false,
		"123": false, "123456789": false, "12a4": false, "": false, "٤٨٢٩": false,
		"94829137": false, // eight digits that begin with 9 are visitors'
		"94829":    true,
	} {
		var f fault.Fields
		domain.CheckPIN(&f, "pin", secret.New(pin))
		if (f.Err() == nil) != ok {
			t.Errorf("%q: %v", pin, f.Err())
		}
		if err := f.Err(); err != nil && len(pin) > 2 && strings.Contains(err.Error(), pin) {
			t.Errorf("the fault tells the PIN: %v", err)
		}
	}
	for range 200 {
		var f fault.Fields
		if pin := domain.NewPIN(); len(pin.Reveal()) != 6 {
			t.Fatal("a drawn PIN has six digits")
		} else if domain.CheckPIN(&f, "pin", pin); f.Err() != nil {
			t.Fatalf("drew %s: %v", pin.Reveal(), f.Err())
		}
	}
}

// shows EDGE-26 by shared/domain/keycard.go: "text = ReverseCard(text)"
func TestParseCard_OneCardReadsTheSameInEveryFormat(t *testing.T) {
	for _, in := range []struct {
		text   string
		format domain.CardFormat
	}{
		{"0A1B2C3D", ""},
		{"0a:1b:2c:3d", domain.CardHex},
		{" 3D2C1B0A ", domain.CardHexReversed},
		{"169552957", domain.CardDecimal},
		{"0169552957", domain.CardDecimal},
	} {
		got, err := domain.ParseCard(in.text, in.format)
		if err != nil || got.Reveal() != "0A1B2C3D" {
			t.Errorf("%s %s: %s, %v", in.text, in.format, got.Reveal(), err)
		}
	}
	if got, err := domain.ParseCard("04112233445566", domain.CardHexReversed); err != nil || got.Reveal() != "66554433221104" {
		t.Errorf("seven bytes: %s, %v", got.Reveal(), err)
	}
	for _, in := range []struct {
		text   string
		format domain.CardFormat
	}{{"", ""}, {"0A1B2C", ""}, {"00000000", ""}, {"0A1B2C3G", ""}, {"4294967296", domain.CardDecimal}, {"0", domain.CardDecimal}, {"188,24910", ""}, {"188,24910", domain.CardDecimal}, {"0A1B2C3D", "wiegand"}} {
		if _, err := domain.ParseCard(in.text, in.format); err == nil {
			t.Errorf("%q %s is taken", in.text, in.format)
		}
	}
}

func TestKeyring_Bounds(t *testing.T) {
	ring := func(cards ...string) domain.Keyring {
		k := domain.Keyring{PIN: secret.New("4829")}
		for _, c := range cards {
			k.Cards = append(k.Cards, domain.KeyCard{Number: secret.New(c)})
		}
		return k
	}
	if err := ring("00000001", "00000002", "00000003", "00000004").Validate(); err != nil {
		t.Error(err)
	}
	for name, k := range map[string]domain.Keyring{
		"five cards":     ring("00000001", "00000002", "00000003", "00000004", "00000005"),
		"one card twice": ring("00000001", "00000001"),
		"too long":       ring("00000000000000000001", "00000000000000000002", "00000000000000000003", "00000000000000000004"),
		"lower case":     ring("0000000a"),
	} {
		if k.Validate() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// shows EDGE-26 by shared/domain/accessgroup.go: "return s.From <= minute && minute <= s.Till" => "return s.From <= minute || minute <= s.Till"
// shows EDGE-26 by shared/domain/accessgroup.go: "if !contains(s.Days, int(at.Weekday())) {" => "if false {"
func TestSchedule_HoldsInItsSpanOnItsDays(t *testing.T) {
	office := domain.Schedule{Repeat: domain.Weekly, Days: []int{1, 5}, From: 8 * 60, Till: 17*60 + 30}
	daily := domain.Schedule{Repeat: domain.Daily, From: 6 * 60, Till: 22 * 60}
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		when domain.Schedule
		at   time.Duration
		want bool
	}{
		{domain.Schedule{}, 3 * time.Hour, true},
		{domain.Schedule{Repeat: domain.Always}, 3 * time.Hour, true},
		{office, 8*time.Hour - time.Second, false},
		{office, 8 * time.Hour, true},
		{office, 17*time.Hour + 30*time.Minute + 59*time.Second, true},
		{office, 17*time.Hour + 31*time.Minute, false},
		{office, 24*time.Hour + 9*time.Hour, false}, // Tuesday
		{office, 4*24*time.Hour + 9*time.Hour, true},
		{daily, 5 * time.Hour, false},
		{daily, 6*24*time.Hour + 7*time.Hour, true},
		{domain.Schedule{Repeat: "yearly"}, 0, false},
	} {
		if got := c.when.Holds(monday.Add(c.at)); got != c.want {
			t.Errorf("%+v at %s: %v", c.when, monday.Add(c.at), got)
		}
	}
}

func TestAccessGroup_Validate(t *testing.T) {
	door := domain.GroupDoor{DeviceID: domain.DeviceID{1}, Relay: 1}
	ok := domain.AccessGroup{Name: "Cleaners", Doors: []domain.GroupDoor{door}, Schedule: domain.Schedule{Repeat: domain.Weekly, Days: []int{1}, From: 360, Till: 720}}
	if err := ok.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*domain.AccessGroup){
		"no name":         func(g *domain.AccessGroup) { g.Name = "" },
		"a door twice":    func(g *domain.AccessGroup) { g.Doors = append(g.Doors, door) },
		"relay 5":         func(g *domain.AccessGroup) { g.Doors[0].Relay = 5 },
		"past midnight":   func(g *domain.AccessGroup) { g.Schedule.Till = 300 },
		"weekly, no days": func(g *domain.AccessGroup) { g.Schedule.Days = nil },
		"day 7":           func(g *domain.AccessGroup) { g.Schedule.Days = []int{7} },
		"always at 6":     func(g *domain.AccessGroup) { g.Schedule = domain.Schedule{From: 360} },
		"yearly":          func(g *domain.AccessGroup) { g.Schedule.Repeat = "yearly" },
	} {
		g := ok
		g.Doors = append([]domain.GroupDoor{}, ok.Doors...)
		if change(&g); g.Validate() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
