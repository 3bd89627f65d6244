package trunk

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"vestibule/agent/health"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Limit is a word of the closed list of why a landline is not called, or hung up.
type Limit string

// Limits. Empty: none.
const (
	LimitNone    Limit = ""
	LimitOff     Limit = "off"     // the site has no trunk, or it is switched off
	LimitDown    Limit = "down"    // the carrier refuses the registration or does not answer
	LimitNumber  Limit = "number"  // the stored number is none that can be called
	LimitCountry Limit = "country" // of a country that is not allowed
	LimitCalls   Limit = "calls"   // as many calls at once as are allowed
	LimitDay     Limit = "day"     // the minutes of the day are used up
	LimitCall    Limit = "call"    // the minutes of this call are used up
	LimitStore   Limit = "store"   // what is used cannot be written down
)

// Spent tells whether a limit of what a trunk may cost was reached; the others say that there is no way at all.
func (l Limit) Spent() bool {
	switch l {
	case LimitCountry, LimitCalls, LimitDay, LimitCall, LimitStore:
		return true
	}
	return false
}

// Word is the reason as records of calls have it: no_trunk, trunk_refused, bad_number, trunk_limit; empty for none.
func (l Limit) Word() string {
	switch {
	case l == LimitNone:
		return ""
	case l.Spent():
		return "trunk_limit"
	case l == LimitDown:
		return "trunk_refused"
	case l == LimitNumber:
		return "bad_number"
	}
	return "no_trunk"
}

// Shelf keeps small things over a restart.
type Shelf interface {
	Meta(ctx context.Context, name string) ([]byte, error)
	SetMeta(ctx context.Context, name string, value []byte) error
}

// Log takes the rows of the event log.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// Conditions are what is wrong now.
type Conditions interface {
	Raise(ctx context.Context, code health.Code, about health.About, detail string)
	Clear(ctx context.Context, code health.Code, about health.About)
}

// Config is what a Line needs; all of it but Logger is required.
type Config struct {
	Agent      domain.AgentID
	View       func() *desired.View
	Shelf      Shelf
	Log        Log
	Conditions Conditions
	Report     func(wire.TrunkReport) // to the cloud; it must not wait
	Now        func() time.Time
	Logger     *slog.Logger
}

// Line is the trunk of the site as this agent may use it. It is safe for concurrent use.
type Line struct {
	cfg Config
	log *slog.Logger

	mu     sync.Mutex
	day    day
	calls  int
	stands stands
	told   wire.TrunkReport
}

// day is what was used of a day. It is stored before it counts.
type day struct {
	Date     string        `cbor:"1,keyasint"`
	Minutes  int           `cbor:"2,keyasint"`
	Refusals map[Limit]int `cbor:"3,keyasint,omitempty"`
	Last     Limit         `cbor:"4,keyasint,omitempty"`
	Alarm    bool          `cbor:"5,keyasint,omitempty"` // raised
}

type stands struct {
	state  wire.TrunkState
	reason string
}

// metaDay is where the day is kept.
const metaDay = "trunk_day"

// New reads what was used today. When that cannot be read, the day counts as used up: doors and monitors have nothing to do with it.
func New(ctx context.Context, cfg Config) *Line {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Line{cfg: cfg, log: cfg.Logger, stands: stands{state: wire.TrunkConnecting}}
	raw, err := cfg.Shelf.Meta(ctx, metaDay)
	if err == nil && raw != nil {
		err = wire.Unmarshal(raw, &l.day)
	}
	if err != nil {
		l.log.Error("what was used of the trunk cannot be read", logkey.Err, err)
		l.day = day{Date: l.today(), Minutes: domain.MaxTrunkDay}
	}
	l.day.Alarm = false // conditions do not outlive a start: it is raised anew
	return l
}

// Trunk is the trunk of the document; ok is false when there is none or it is switched off.
func (l *Line) Trunk() (t domain.Trunk, ok bool) {
	if held := l.cfg.View().Trunk; held != nil {
		return *held, held.Enabled
	}
	return domain.Trunk{}, false
}

// share is the part of the limits that this agent may use: agents of a site cannot ask each other in time, so each has its own part and all of them
// together have the whole.
func (l *Line) share(limits domain.TrunkLimits) domain.TrunkLimits {
	var agents []domain.AgentID
	for _, g := range l.cfg.View().Groups {
		if len(g.Agents) > 0 && !slices.Contains(agents, g.Agents[0]) {
			agents = append(agents, g.Agents[0])
		}
	}
	slices.SortFunc(agents, func(a, b domain.AgentID) int { return bytes.Compare(a[:], b[:]) })
	mine := slices.Index(agents, l.cfg.Agent)
	if mine < 0 {
		limits.Calls, limits.DayMinutes = 0, 0
		return limits
	}
	part := func(whole int) int {
		n := whole / len(agents)
		if mine < whole%len(agents) {
			n++
		}
		return n
	}
	limits.Calls, limits.DayMinutes, limits.AlarmMinutes = part(limits.Calls), part(limits.DayMinutes), max(1, limits.AlarmMinutes/len(agents))
	return limits
}

// Check tells how a stored number is called, or why it is not now. country is that of the number's owner; empty: the site's.
func (l *Line) Check(number, country string) (e164 string, why Limit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.check(number, country)
}

func (l *Line) check(number, country string) (string, Limit) {
	t, on := l.Trunk()
	if !on {
		return "", LimitOff
	}
	if country == "" {
		country = l.cfg.View().Site.Address.Country
	}
	e164, ok := domain.E164(number, country)
	mine := l.share(t.Limits)
	switch l.turn(); {
	case !ok:
		return "", LimitNumber
	case !t.Limits.Allows(e164):
		return "", LimitCountry
	case l.stands.state != wire.TrunkRegistered && l.stands.state != wire.TrunkReady:
		return "", LimitDown
	case l.calls >= mine.Calls:
		return "", LimitCalls
	case l.day.Minutes >= mine.DayMinutes:
		return "", LimitDay
	}
	return e164, LimitNone
}

// turn begins a new day when the site's clock says so. A clock that runs back gives no new day.
func (l *Line) turn() {
	if today := l.today(); today > l.day.Date {
		if l.day.Alarm {
			l.cfg.Conditions.Clear(context.Background(), health.TrunkAlarm, health.About{})
		}
		l.day = day{Date: today}
	}
}

// today is the date at the site.
func (l *Line) today() string {
	zone, err := time.LoadLocation(l.cfg.View().Site.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return l.cfg.Now().In(zone).Format(time.DateOnly)
}

// Call is one call that the limits let through.
type Call struct {
	l       *Line
	minutes int
	once    sync.Once
}

// Take takes a place for one call to a stored number. Every refusal by a limit is counted and told.
func (l *Line) Take(number, country string) (c *Call, e164 string, why Limit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e164, why = l.check(number, country); why != LimitNone {
		l.refused(why)
		return nil, "", why
	}
	l.calls++
	l.report()
	return &Call{l: l}, e164, LimitNone
}

// Refused counts and tells that a plan left a landline out because of a limit.
func (l *Line) Refused(why Limit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
	l.refused(why)
}

// refused notes a refusal: the first of its kind in a day is a row of the log. It is called with mu held.
func (l *Line) refused(why Limit) {
	if !why.Spent() {
		return
	}
	if l.day.Refusals == nil {
		l.day.Refusals = map[Limit]int{}
	}
	l.day.Refusals[why]++
	l.day.Last = why
	if l.day.Refusals[why] == 1 {
		l.tell("trunk_limit", string(why))
	}
	if err := l.keep(); err != nil {
		l.log.Error("refusals of the trunk not stored", logkey.Err, err)
	}
	l.report()
}

func (l *Line) tell(what, detail string) {
	note := domain.NoteBody{What: what, Detail: detail}
	if err := l.cfg.Log.Append(context.Background(), domain.EventSecurity, note); err != nil {
		l.log.Error("not logged", slog.String(logkey.Kind, what), slog.Any(logkey.Err, err))
	}
}

// keep stores the day. It is called with mu held.
func (l *Line) keep() error {
	raw, err := wire.Marshal(l.day)
	if err != nil {
		return err
	}
	return l.cfg.Shelf.SetMeta(context.Background(), metaDay, raw)
}

// Minute books the next begun minute of the call, the first when it is answered. Any limit means: hang up now.
func (c *Call) Minute() Limit {
	l := c.l
	l.mu.Lock()
	defer l.mu.Unlock()
	t, on := l.Trunk()
	if !on {
		return LimitOff
	}
	mine := l.share(t.Limits)
	switch l.turn(); {
	case c.minutes >= mine.CallMinutes:
		l.refused(LimitCall)
		return LimitCall
	case l.day.Minutes >= mine.DayMinutes:
		l.refused(LimitDay)
		return LimitDay
	}
	c.minutes++
	l.day.Minutes++
	if err := l.keep(); err != nil {
		l.log.Error("minutes of the trunk not stored", logkey.Err, err)
		return LimitStore
	}
	if l.day.Minutes >= mine.AlarmMinutes && !l.day.Alarm {
		l.day.Alarm = true
		detail := fmt.Sprintf("%d of %d minutes on %s", l.day.Minutes, mine.DayMinutes, l.day.Date)
		l.cfg.Conditions.Raise(context.Background(), health.TrunkAlarm, health.About{}, detail)
	}
	l.report()
	return LimitNone
}

// End gives the place back; it may come again.
func (c *Call) End() {
	c.once.Do(func() {
		c.l.mu.Lock()
		defer c.l.mu.Unlock()
		c.l.calls--
		c.l.report()
	})
}

// Stands takes how it stands with the carrier.
func (l *Line) Stands(state wire.TrunkState, reason string) {
	l.mu.Lock()
	l.stands = stands{state, reason}
	l.report()
	l.mu.Unlock()
	if ctx := context.Background(); state == wire.TrunkRefused || state == wire.TrunkUnreachable {
		l.cfg.Conditions.Raise(ctx, health.TrunkDown, health.About{}, reason)
	} else if state != wire.TrunkConnecting {
		l.cfg.Conditions.Clear(ctx, health.TrunkDown, health.About{})
	}
}

// Begin says that the document has another trunk, or none: nothing is known of it yet.
func (l *Line) Begin() {
	state := wire.TrunkConnecting
	if _, on := l.Trunk(); !on {
		state = wire.TrunkOff
	}
	l.Stands(state, "")
	l.Again()
}

// Again tells the cloud once more: it forgot what was said of another trunk.
func (l *Line) Again() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = wire.TrunkReport{}
	l.report()
}

// report tells the cloud what changed. It is called with mu held.
func (l *Line) report() {
	l.turn()
	r := wire.TrunkReport{
		State: l.stands.state, Reason: l.stands.reason, Day: l.day.Date, Minutes: l.day.Minutes, Calls: l.calls, Refused: string(l.day.Last),
	}
	for _, n := range l.day.Refusals {
		r.Refusals += n
	}
	if r != l.told {
		l.told = r
		l.cfg.Report(r)
	}
}
