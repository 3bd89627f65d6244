package trunk

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"vestibule/agent/health"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// bench is a site with a trunk whose parts remember what they were told.
type bench struct {
	view   *desired.View
	now    time.Time
	kept   map[string][]byte
	full   bool // the disk takes nothing
	notes  []string
	raised map[health.Code]string
	told   []wire.TrunkReport
}

func (b *bench) Meta(_ context.Context, name string) ([]byte, error) { return b.kept[name], nil }

func (b *bench) SetMeta(_ context.Context, name string, value []byte) error {
	if b.full {
		return errors.New("disk full")
	}
	b.kept[name] = value
	return nil
}

func (b *bench) Append(_ context.Context, kind domain.EventKind, body any) error {
	note := body.(domain.NoteBody)
	b.notes = append(b.notes, string(kind)+" "+note.What+" "+note.Detail)
	return nil
}

func (b *bench) Raise(_ context.Context, code health.Code, _ health.About, detail string) {
	b.raised[code] = detail
}

func (b *bench) Clear(_ context.Context, code health.Code, _ health.About) { delete(b.raised, code) }

var me, other = domain.AgentID{1}, domain.AgentID{2}

func newBench() *bench {
	b := &bench{now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), kept: map[string][]byte{}, raised: map[health.Code]string{}}
	t := domain.Trunk{
		Host: "sip.example.com", Transport: domain.TrunkUDP, Enabled: true,
		Limits: domain.TrunkLimits{Countries: []string{"DE"}, Calls: 2, DayMinutes: 10, CallMinutes: 3, AlarmMinutes: 8},
	}
	b.view = &desired.View{
		Site: domain.Site{TimeZone: "Europe/Berlin", Address: domain.Address{Country: "DE"}}, Trunk: &t,
		Groups: map[domain.GroupID]domain.NetworkGroup{{1}: {Agents: []domain.AgentID{me}}},
	}
	return b
}

func (b *bench) line(t *testing.T) *Line {
	t.Helper()
	l := New(t.Context(), Config{
		Agent: me, View: func() *desired.View { return b.view }, Shelf: b, Log: b, Conditions: b, Now: func() time.Time { return b.now },
		Report: func(r wire.TrunkReport) { b.told = append(b.told, r) },
	})
	l.Stands(wire.TrunkRegistered, "")
	return l
}

func (b *bench) last() wire.TrunkReport { return b.told[len(b.told)-1] }

func take(t *testing.T, l *Line) *Call {
	t.Helper()
	c, number, why := l.Take("030 1234567", "")
	if why != LimitNone || number != "+49301234567" {
		t.Fatalf("%q %q", number, why)
	}
	return c
}

// Every way in which a number is not called.
//
// shows CALL-09 by agent/trunk/line.go: "case !t.Limits.Allows(e164):" => "case false:"
// shows CALL-09 by agent/trunk/line.go: "case l.calls >= mine.Calls:" => "case false:"
// shows CALL-09 by agent/trunk/line.go: "return \"\", LimitOff" => "		_ = t"
func TestLine_RefusesWithAReason(t *testing.T) {
	for name, c := range map[string]struct {
		number, country string
		change          func(b *bench, l *Line)
		want            Limit
	}{
		"in order":          {"030 1234567", "", func(*bench, *Line) {}, LimitNone},
		"of a person's own": {"01 234567", "AT", func(b *bench, _ *Line) { b.view.Trunk.Limits.Countries = []string{"AT"} }, LimitNone},
		"no trunk":          {"030 1234567", "", func(b *bench, _ *Line) { b.view.Trunk = nil }, LimitOff},
		"switched off":      {"030 1234567", "", func(b *bench, _ *Line) { b.view.Trunk.Enabled = false }, LimitOff},
		"no number":         {"110", "", func(*bench, *Line) {}, LimitNumber},
		"of nobody knows":   {"030 1234567", "", func(b *bench, _ *Line) { b.view.Site.Address.Country = "" }, LimitNumber},
		"abroad":            {"+43 1 234567", "", func(*bench, *Line) {}, LimitCountry},
		"abroad by country": {"01 234567", "AT", func(*bench, *Line) {}, LimitCountry},
		"satellite":         {"+881612345678", "", func(*bench, *Line) {}, LimitCountry},
		"not registered":    {"030 1234567", "", func(_ *bench, l *Line) { l.Stands(wire.TrunkRefused, "403 Forbidden") }, LimitDown},
		"unreachable":       {"030 1234567", "", func(_ *bench, l *Line) { l.Stands(wire.TrunkUnreachable, "no answer") }, LimitDown},
		"two at once": {"030 1234567", "", func(_ *bench, l *Line) {
			_, _, _ = l.Take("030 1", "")
			_, _, _ = l.Take("030 1234567", "")
			_, _, _ = l.Take("030 1234568", "")
		}, LimitCalls},
		"no agent of the site": {"030 1234567", "", func(b *bench, _ *Line) { b.view.Groups = nil }, LimitCalls},
	} {
		b := newBench()
		l := b.line(t)
		c.change(b, l)
		if _, why := l.Check(c.number, c.country); why != c.want {
			t.Errorf("%s: %q, want %q", name, why, c.want)
		}
	}
}

// A call is hung up when its minutes are over, or those of the day; both survive a restart, and midnight of the site gives a new day.
//
// shows CALL-09 by agent/trunk/line.go: "case c.minutes >= mine.CallMinutes:" => "case false:"
// shows CALL-09 by agent/trunk/line.go: "err = wire.Unmarshal(raw, &l.day)"
// shows CALL-09 by agent/trunk/line.go: "return l.cfg.Now().In(zone).Format(time.DateOnly)" => "	_ = zone; return l.cfg.Now().Format(time.DateOnly)"
func TestLine_MinutesOfACallAndOfADay(t *testing.T) {
	b := newBench()
	l := b.line(t)
	use := func() (minutes int, why Limit) {
		c := take(t, l)
		defer c.End()
		for why = c.Minute(); why == LimitNone; why = c.Minute() {
			minutes++
		}
		return minutes, why
	}
	for range 2 {
		if minutes, why := use(); minutes != 3 || why != LimitCall {
			t.Fatalf("%d minutes, then %q", minutes, why)
		}
	}
	if _, raised := b.raised[health.TrunkAlarm]; raised {
		t.Error("an alarm at 6 of 10")
	}
	l = b.line(t) // a restart
	if minutes, why := use(); minutes != 3 || why != LimitCall || b.raised[health.TrunkAlarm] != "8 of 10 minutes on 2026-11-28" {
		t.Errorf("%d minutes, then %q; %v", minutes, why, b.raised)
	}
	if minutes, why := use(); minutes != 1 || why != LimitDay {
		t.Errorf("%d minutes, then %q", minutes, why)
	}
	if _, _, why := l.Take("030 1234567", ""); why != LimitDay {
		t.Errorf("the day is used up, and another call is let through: %q", why)
	}
	if r := b.last(); r.Minutes != 10 || r.Day != "2026-11-28" || r.Calls != 0 || r.Refusals != 5 || r.Refused != "day" {
		t.Errorf("%+v", r)
	}
	if want := []string{"security trunk_limit call", "security trunk_limit day"}; !slices.Equal(b.notes, want) {
		t.Errorf("%q, want each once a day", b.notes)
	}
	b.now = time.Date(2026, 11, 28, 22, 59, 0, 0, time.UTC)
	if _, why := l.Check("030 1234567", ""); why != LimitDay {
		t.Errorf("before midnight: %q", why)
	}
	b.now = time.Date(2026, 11, 28, 23, 1, 0, 0, time.UTC) // past midnight in Berlin
	if minutes, why := use(); minutes != 3 || why != LimitCall || len(b.raised) != 0 {
		t.Errorf("a new day: %d minutes, then %q, %v", minutes, why, b.raised)
	}
	b.now = b.now.Add(-2 * time.Hour)
	if minutes, _ := use(); minutes != 3 || b.last().Day != "2026-11-29" {
		t.Errorf("a clock that runs back: %d minutes on %s", minutes, b.last().Day)
	}
}

// What cannot be written down is not used, and a trunk that is switched off ends its calls.
//
// shows CALL-09 by agent/trunk/line.go: "return LimitStore" => "_ = err"
func TestLine_NothingUnbooked(t *testing.T) {
	b := newBench()
	l := b.line(t)
	c := take(t, l)
	if c.Minute() != LimitNone {
		t.Fatal("refused")
	}
	b.full = true
	if why := c.Minute(); why != LimitStore {
		t.Errorf("on a full disk: %q", why)
	}
	b.full = false
	b.view.Trunk.Enabled = false
	if why := c.Minute(); why != LimitOff {
		t.Errorf("switched off: %q", why)
	}
	c.End()
	c.End()
	if b.last().Calls != 0 {
		t.Errorf("%d calls", b.last().Calls)
	}
}

// What was used and cannot be read any more counts as all of it, for a day.
//
// shows CALL-09 by agent/trunk/line.go: "l.day = day{Date: l.today(), Minutes: domain.MaxTrunkDay}"
func TestLine_UnreadableIsUsedUp(t *testing.T) {
	b := newBench()
	b.kept[metaDay] = []byte("x")
	l := b.line(t)
	if _, why := l.Check("030 1234567", ""); why != LimitDay {
		t.Errorf("%q", why)
	}
	b.now = b.now.AddDate(0, 0, 1)
	if _, why := l.Check("030 1234567", ""); why != LimitNone {
		t.Errorf("the next day: %q", why)
	}
}

// Agents of one site share its limits without asking each other: together they never use more.
//
// shows CALL-09 by agent/trunk/line.go: "n := whole / len(agents)" => "		n := whole"
func TestLine_AgentsShareTheLimitsOfTheSite(t *testing.T) {
	b := newBench()
	b.view.Trunk.Limits.Calls, b.view.Trunk.Limits.DayMinutes = 3, 11
	b.view.Groups[domain.GroupID{2}] = domain.NetworkGroup{Agents: []domain.AgentID{other, me}}
	b.view.Groups[domain.GroupID{3}] = domain.NetworkGroup{Agents: []domain.AgentID{other}}
	mine := b.line(t).share(b.view.Trunk.Limits)
	theirs := (&Line{cfg: Config{Agent: other, View: func() *desired.View { return b.view }}}).share(b.view.Trunk.Limits)
	if mine.Calls+theirs.Calls != 3 || mine.DayMinutes+theirs.DayMinutes != 11 || mine.Calls != 2 || theirs.DayMinutes != 5 {
		t.Errorf("%+v and %+v", mine, theirs)
	}
}

// How it stands is a condition, and is told to the cloud, again when it asks.
func TestLine_Stands(t *testing.T) {
	b := newBench()
	l := b.line(t)
	l.Stands(wire.TrunkRefused, "403 Forbidden")
	if b.raised[health.TrunkDown] != "403 Forbidden" || b.last().State != wire.TrunkRefused || b.last().Reason != "403 Forbidden" {
		t.Errorf("%v %+v", b.raised, b.last())
	}
	n := len(b.told)
	l.Stands(wire.TrunkRefused, "403 Forbidden")
	if len(b.told) != n {
		t.Error("the same is told twice")
	}
	l.Again()
	if len(b.told) != n+1 {
		t.Error("not told again")
	}
	l.Stands(wire.TrunkRegistered, "")
	if len(b.raised) != 0 {
		t.Errorf("%v", b.raised)
	}
}
