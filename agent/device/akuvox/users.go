package akuvox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

var _ device.Keeper = (*Phone)(nil)

// record is a user or a schedule as the device has it: a change needs the whole, with what is not ours.
type record map[string]text

// Names of fields. The schedule of a user has three names, depending on the model: the first two are written, all are read.
const (
	fieldUser     = "UserID"
	fieldOpens    = "ScheduleRelay"
	fieldOpensTwo = "Schedule-Relay"
	fieldOpensOld = "Schedule"
	fieldCode     = "PrivatePIN"
	fieldCards    = "CardCode"
	always        = "1001" // the built-in schedule
	cardMode      = "Config.DoorSetting.RFCARDDISPLAY.RfidDisplayMode"
	reversedCards = "4" // 8HR
)

// mostUsers bounds a list that never ends.
const mostUsers = 50_000

// foreign tells whether a record was made by somebody else: it has no mark of ours, or it came from a cloud, which nobody changes over the LAN.
func (r record) foreign(mark text) bool {
	source := strings.ToLower(string(r["SourceType"] + r["Source"]))
	return !device.OwnMark(string(mark)) || strings.Contains(source, "cloud") || strings.Contains(source, "sdmc") || slices.Contains([]string{"2", "3", "4"}, source)
}

func sameRecord(a, b record) bool { return maps.Equal(a, b) }

// change adds, sets or deletes records. Some models take every change at the address of set alone.
func (p *Phone) change(ctx context.Context, target, action string, items []record) error {
	for batch := range slices.Chunk(items, batchRows) {
		err := p.changeItems(ctx, "/api/"+target+"/"+action, target, action, batch)
		if errors.Is(err, errUnsupported) && action != "set" {
			err = p.changeItems(ctx, "/api/"+target+"/set", target, action, batch)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// holding is what of the keys stands on the device.
type holding struct {
	users     []record
	schedules []record
	reversed  bool
}

func (p *Phone) holding(ctx context.Context) (h holding, err error) {
	if p.speaksPages() { // their way is not public
		return h, &device.Error{Kind: device.Refused, Op: "read users", Err: errUnsupported}
	}
	if h.users, err = list(ctx, p, "user", mostUsers, sameRecord); err != nil {
		return h, err
	}
	if h.schedules, err = list(ctx, p, "schedule", mostUsers, sameRecord); err != nil {
		return h, err
	}
	shown := map[string]text{}
	body := order{Target: "config", Action: "get", Data: map[string]any{"item": []string{cardMode}}}
	err = p.do(ctx, web.Call{Op: "read the order of card numbers", Method: http.MethodPost, Path: "/api/config/get", JSON: body}, &shown)
	h.reversed = shown[cardMode] == reversedCards
	return h, err
}

// lacks tells whether an error says that the device keeps no keys.
func lacks(err error) bool { return errors.Is(err, errUnsupported) || errors.Is(err, errAbsent) }

// Keep writes schedules before the users that name them, and takes those away last that nobody names any more.
func (p *Phone) Keep(ctx context.Context, want device.Keys) (int, error) {
	h, err := p.holding(ctx)
	if lacks(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	d := h.schedulesFor(want)
	if err := p.carryOut(ctx, "schedule", d.add, d.set, nil); err != nil {
		return 0, err
	}
	if len(d.add) > 0 { // the device gives them their ids
		if h.schedules, err = list(ctx, p, "schedule", mostUsers, sameRecord); err != nil {
			return 0, err
		}
	}
	users, _ := h.usersFor(want)
	if err := p.carryOut(ctx, "user", users.add, users.set, users.del); err != nil {
		return 0, err
	}
	return len(users.del), p.change(ctx, "schedule", "del", d.del)
}

// carryOut takes away first, so that there is room and no key stands twice.
func (p *Phone) carryOut(ctx context.Context, target string, add, set, del []record) error {
	if err := p.change(ctx, target, "del", del); err != nil {
		return err
	}
	if err := p.change(ctx, target, "set", set); err != nil {
		return err
	}
	return p.change(ctx, target, "add", add)
}

// Kept compares what the device holds with what is wanted.
func (p *Phone) Kept(ctx context.Context, want device.Keys) (device.KeysReading, error) {
	h, err := p.holding(ctx)
	if lacks(err) {
		return device.KeysReading{Lacks: true}, nil
	}
	if err != nil {
		return device.KeysReading{}, err
	}
	var out device.KeysReading
	var users difference
	if users, out.Over = h.usersFor(want); users.any() {
		out.Differing = append(out.Differing, "users")
	}
	if h.schedulesFor(want).any() {
		out.Differing = append(out.Differing, "schedules")
	}
	return out, nil
}

// difference is what makes a list the wanted one.
type difference struct{ add, set, del []record }

func (d difference) any() bool { return len(d.add)+len(d.set)+len(d.del) > 0 }

// differ compares records of ours, found by the mark in field, with the wanted ones.
func differ(have []record, field string, want []record, same func(have, want record) bool) difference {
	var d difference
	ours := map[text]record{}
	for _, r := range have {
		if r.foreign(r[field]) {
			continue
		}
		if _, twice := ours[r[field]]; twice {
			d.del = append(d.del, record{"ID": r["ID"]})
			continue
		}
		ours[r[field]] = r
	}
	for _, w := range want {
		r, has := ours[w[field]]
		delete(ours, w[field])
		switch {
		case !has:
			w["ID"] = "-1"
			d.add = append(d.add, w)
		case !same(r, w):
			whole := maps.Clone(r)
			delete(whole, fieldOpensOld) // read-only beside its newer names
			maps.Copy(whole, w)
			d.set = append(d.set, whole)
		}
	}
	for _, mark := range slices.Sorted(maps.Keys(ours)) {
		d.del = append(d.del, record{"ID": ours[mark]["ID"]})
	}
	return d
}

// usersFor gives what makes the users the wanted ones, and how many of them the device has no room for beside those of others.
func (h holding) usersFor(want device.Keys) (d difference, over int) {
	ids := map[string]string{"": always}
	for _, s := range h.schedules {
		if !s.foreign(s["Name"]) {
			ids[string(s["Name"])] = string(s["ID"])
		}
	}
	users := want.Users
	if want.Room > 0 {
		others := 0
		for _, u := range h.users {
			if u.foreign(u[fieldUser]) {
				others++
			}
		}
		if room := max(0, want.Room-others); len(users) > room {
			users, over = users[:room], len(users)-room
		}
	}
	rows := make([]record, 0, len(users))
	for _, u := range users {
		rows = append(rows, h.userRecord(u, ids))
	}
	return differ(h.users, fieldUser, rows, sameUser), over
}

func (h holding) userRecord(u device.User, ids map[string]string) record {
	var opens strings.Builder
	for _, o := range u.Opens {
		fmt.Fprintf(&opens, "%s-%s;", ids[o.Timetable], o.Relays)
	}
	cards := make([]string, 0, len(u.Cards))
	for _, c := range u.Cards {
		cards = append(cards, h.written(c))
	}
	return record{
		fieldUser: text(u.Mark), "Name": text(u.Name), fieldCode: text(u.Code.Reveal()), fieldCards: text(strings.Join(cards, ";")),
		fieldOpens: text(opens.String()), fieldOpensTwo: text(opens.String()), "WebRelay": "0", "LiftFloorNum": "0",
	}
}

// written is a card in the order of bytes in which the device shows them.
func (h holding) written(card secret.String) string {
	if h.reversed {
		return domain.ReverseCard(card.Reveal())
	}
	return card.Reveal()
}

// sameUser compares what is ours of a user; lists may stand in another order and with another mark between.
func sameUser(have, want record) bool {
	opens := have[fieldOpens]
	for _, name := range []string{fieldOpensTwo, fieldOpensOld} {
		if opens == "" {
			opens = have[name]
		}
	}
	return have["Name"] == want["Name"] && have[fieldCode] == want[fieldCode] &&
		slices.Equal(parts(have[fieldCards]), parts(want[fieldCards])) && slices.Equal(parts(opens), parts(want[fieldOpens]))
}

func parts(list text) []string {
	out := strings.FieldsFunc(strings.ToUpper(string(list)), func(r rune) bool { return r == ';' || r == ',' || r == ' ' })
	slices.Sort(out)
	return out
}

// weekdays are the flags of a weekly schedule, from Sunday.
var weekdays = []string{"Sun", "Mon", "Tue", "Wed", "Thur", "Fri", "Sat"}

// schedulesFor gives what makes the schedules the wanted ones.
func (h holding) schedulesFor(want device.Keys) difference {
	rows := make([]record, 0, len(want.Schedules))
	for _, t := range want.Schedules {
		rows = append(rows, scheduleRecord(t))
	}
	return differ(h.schedules, "Name", rows, sameSchedule)
}

func scheduleRecord(t device.Timetable) record {
	from, till := clockText(t.When.From), clockText(t.When.Till)
	r := record{"Name": text(t.Mark), "TimeStart": from, "TimeEnd": till, "Daily": from + "-" + till, "Week": ""}
	kind := text("2")
	if t.When.Repeat == domain.Weekly {
		kind = "1"
		days := slices.Sorted(slices.Values(t.When.Days))
		for _, d := range days {
			r["Week"] += text(strconv.Itoa(d))
		}
		for i, name := range weekdays {
			r[name] = "0"
			if slices.Contains(days, i) {
				r[name] = "1"
			}
		}
	}
	r["Type"], r["Mode"] = kind, kind
	return r
}

func clockText(minute int) text { return text(fmt.Sprintf("%02d:%02d", minute/60, minute%60)) }

// sameSchedule compares what decides when a schedule holds.
func sameSchedule(have, want record) bool {
	for _, field := range []string{"Type", "TimeStart", "TimeEnd"} {
		if have[field] != want[field] {
			return false
		}
	}
	return want["Type"] != "1" || have["Week"] == want["Week"]
}
