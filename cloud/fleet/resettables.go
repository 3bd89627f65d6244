package fleet

import (
	"strconv"
	"time"

	"vestibule/shared/domain"
)

// ResetKind says which of the two tables of resets holds for a home.
type ResetKind string

// Kinds of resets.
const (
	CommunityReset ResetKind = "community" // PEOPLE-18
	KitReset       ResetKind = "kit"       // PEOPLE-21, PEOPLE-22
)

// ResetLine is one thing of a plan: how many there are, or what its value is (or will be).
type ResetLine struct {
	Item  string `json:"item"`
	Count int    `json:"count,omitempty"`
	Value string `json:"value,omitempty"`
}

// ResetPlan is what a reset does to a home, in the three columns of the guides.
type ResetPlan struct {
	Kind                 ResetKind
	Anew, Kept, Removed  []ResetLine
	Revision             uint64 // of the home and everybody in it
	Apartment, Community string // number and name, for a title
}

// resetHome is all that a plan is made from.
type resetHome struct {
	Site    domain.Site
	Home    domain.Apartment
	Master  *domain.Person // nil: nobody lives there
	Members []domain.Person
	Facts   ResetFacts
	Now     time.Time
}

// ResetFacts are what stands beside the people of a home.
type ResetFacts struct {
	Accounts int // that can sign in, or were invited
	Devices  int
	Monitors int
	Events   int // of doors and calls, not erased yet
	PINs     int // that open doors
	Cards    int
}

// resetItem is one row of a table: what of a home it counts or tells. Rows without of are things that the product does not hold yet: they take
// their place here, and in no plan.
type resetItem struct {
	item string
	of   func(h resetHome) (count int, value string)
}

// resetTable is one of the two tables (03-people, 2.3).
type resetTable struct{ anew, kept, removed []resetItem }

var resetTables = map[ResetKind]resetTable{
	CommunityReset: {
		anew: append([]resetItem{{"app_status", worth(string(Unregistered))}}, anewInBoth...),
		kept: append([]resetItem{
			{"subscription", func(h resetHome) (int, string) { return 0, string(Home{Apartment: h.Home}.Active(h.Now)) }},
			{"free_members", func(h resetHome) (int, string) { return freeMembers(h.Home), "" }},
			{"audit", worth("kept")},
		}, keptInBoth...),
		removed: removedInBoth,
	},
	KitReset: {
		anew: append([]resetItem{{"app_status", worth(string(Unregistered))}}, anewInBoth...),
		kept: append([]resetItem{
			{"account_status", func(h resetHome) (int, string) { return 0, string(Home{Apartment: h.Home}.Active(h.Now)) }},
			{"created", worth("kept")},
			{"free_members", func(h resetHome) (int, string) { return freeMembers(h.Home), "" }},
			{"audit", worth("kept")},
		}, keptInBoth...),
		removed: removedInBoth,
	},
}

// What both tables say. Naming and landline in a community follow the rules of the kit, devices and SIP numbers stay in both (A20); what no table
// names is of the apartment and stays: floors, contact preference, call type, web relay.
var (
	anewInBoth = []resetItem{
		{"credentials", func(h resetHome) (int, string) { return h.Facts.Accounts, "" }},
		{"master_name", func(h resetHome) (int, string) { return one(h.Master != nil), "" }},
		{"landline_service", worth(string(Off))},
		{"landline_status", worth(string(Off))},
		{"registration_code", worth("new")},
	}
	keptInBoth = []resetItem{
		{"devices", func(h resetHome) (int, string) { return h.Facts.Devices, "" }},
		{"sip_numbers", func(h resetHome) (int, string) {
			return one(h.Home.SIPUser != "") + one(h.Master != nil && h.Master.SIPUser != ""), ""
		}},
		{"landline_expires", func(h resetHome) (int, string) { return 0, day(h.Home.Service.LandlineMilli) }},
		{"call_path", func(h resetHome) (int, string) { return 0, string(h.Home.Path) }},
		{"time_zone", func(h resetHome) (int, string) { return 0, h.Site.TimeZone }},
		{"language", func(h resetHome) (int, string) { return 0, languageOf(h.Master) }},
		{"home_automation", func(h resetHome) (int, string) { return 0, onOff(h.Site.Form.SmartHome) }},
		{"premium", func(h resetHome) (int, string) {
			return 0, onOff(h.Site.Form.Premium || h.Site.Kind != domain.SingleHome && h.Site.Form.Plan != domain.BasicPlan)
		}},
		{"with_monitor", func(h resetHome) (int, string) { return 0, onOff(h.Facts.Monitors > 0 || h.Home.Service.WithMonitor) }},
		{"contact", func(h resetHome) (int, string) { return 0, string(h.Home.Contact) }},
		{"call_type", func(h resetHome) (int, string) { return 0, strconv.Itoa(int(h.Home.CallType)) }},
		{"web_relay", func(h resetHome) (int, string) { return h.Home.WebRelay, "" }},
		{"floors", func(h resetHome) (int, string) {
			if h.Master == nil {
				return 0, ""
			}
			return len(h.Master.Form.Floors), ""
		}},
	}
	removedInBoth = []resetItem{
		{"members", func(h resetHome) (int, string) { return len(h.Members), "" }},
		{"emails", ofAll(func(p domain.Person) int { return one(p.Email != "") })},
		{"phones", ofAll(func(p domain.Person) int { return one(p.Phone != "") })},
		{"countries", ofAll(func(p domain.Person) int { return one(p.Form.Country != "") })},
		{"landlines", ofAll(func(p domain.Person) int { return len(p.Form.Landlines) })},
		{"remarks", ofAll(func(p domain.Person) int { return one(p.Form.Remark != "") })},
		{"events", func(h resetHome) (int, string) { return h.Facts.Events, "" }},
		{"pins", func(h resetHome) (int, string) { return h.Facts.PINs, "" }},
		{"rf_cards", func(h resetHome) (int, string) { return h.Facts.Cards, "" }}, // adopted: with the other access settings
		{"messages", nil},
		{"alarms", nil},
		{"faces", nil},
		{"nfc", nil},
		{"bluetooth", nil},
		{"qr_keys", nil},
	}
)

func worth(value string) func(resetHome) (int, string) {
	return func(resetHome) (int, string) { return 0, value }
}

// ofAll counts something of everybody in a home.
func ofAll(count func(p domain.Person) int) func(resetHome) (int, string) {
	return func(h resetHome) (int, string) {
		n := 0
		if h.Master != nil {
			n = count(*h.Master)
		}
		for _, p := range h.Members {
			n += count(p)
		}
		return n, ""
	}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func day(milli int64) string {
	if milli == 0 {
		return ""
	}
	return time.UnixMilli(milli).UTC().Format(time.DateOnly)
}

func languageOf(p *domain.Person) string {
	if p == nil {
		return ""
	}
	if p.Form.Language == "" {
		return "en"
	}
	return p.Form.Language
}

// plan says what a reset does to a home: pure. Things that are not there make no line.
func plan(h resetHome) ResetPlan {
	kind := CommunityReset
	if h.Home.Service.Kit || h.Site.Kind == domain.SingleHome {
		kind = KitReset
	}
	out := ResetPlan{Kind: kind, Apartment: h.Home.Number, Community: h.Site.Name, Revision: h.revision()}
	table := resetTables[kind]
	for _, column := range []struct {
		rows []resetItem
		to   *[]ResetLine
	}{{table.anew, &out.Anew}, {table.kept, &out.Kept}, {table.removed, &out.Removed}} {
		for _, row := range column.rows {
			if row.of == nil {
				continue
			}
			if count, value := row.of(h); count != 0 || value != "" {
				*column.to = append(*column.to, ResetLine{Item: row.item, Count: count, Value: value})
			}
		}
	}
	return out
}
