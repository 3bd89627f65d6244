package health

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"vestibule/shared/clock"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Code names a condition: the same word in the log, on the page and in events.
type Code string

// The closed list of conditions.
const (
	LinkDown          Code = "link_down"
	ClockUnsure       Code = "clock_unsure"
	DiskRolledBack    Code = "disk_rolled_back"
	StoreFailing      Code = "store_failing"
	RowsDropped       Code = "rows_dropped"
	ConfigRejected    Code = "config_rejected"
	CertificateAging  Code = "certificate_aging"
	RelayStuck        Code = "relay_stuck"        // a momentary contact cannot be brought to rest
	BoardUnreachable  Code = "board_unreachable"  // a relay board does not answer
	DeviceUnreachable Code = "device_unreachable" // a device of the document does not answer
	DeviceConflict    Code = "device_conflict"    // another device answers at its address
	DeviceRefuses     Code = "device_refuses"     // it refuses the login or the write
	ReadBackDiffers   Code = "read_back_differs"  // it took a write and shows something else
	DeviceFull        Code = "device_full"        // a device has no room for the keys of everybody
	WrongGroup        Code = "wrong_group"        // a device does not stand in its network group
	TransferConflict  Code = "transfer_conflict"  // two monitors of a home pass calls of doors without internet on
	DiscoveryOff      Code = "discovery_off"      // no interface to look on
	PINLocked         Code = "pin_locked"         // somebody guesses the PIN of the agent's page
	TrunkDown         Code = "trunk_down"         // the carrier refuses the registration or does not answer
	FilesOff          Code = "files_off"          // no provisioning files are served
	FileFetchedAgain  Code = "file_fetched_again" // somebody fetched the provisioning file of a device once more in its pairing window
	CallbacksOff      Code = "callbacks_off"      // what devices say by themselves is not taken
	CallbackForged    Code = "callback_forged"    // somebody else has the secret that a device calls with
	KeysGuessed       Code = "keys_guessed"       // many codes or cards were refused at a device within a minute
	TrunkAlarm        Code = "trunk_alarm"        // as many minutes of the trunk were used today as the site set for an alarm
)

// Severity says how bad a condition is.
type Severity string

// Severities.
const (
	Warning Severity = "warning" // the building works
	Serious Severity = "serious" // a call or a door may fail
)

// Words says a condition to a person.
type Words struct {
	Severity Severity
	Text     string
}

var registry = map[Code]Words{
	LinkDown:          {Warning, "No connection to the cloud. Calls and doors work on."},
	ClockUnsure:       {Warning, "The time of day is not known for sure."},
	DiskRolledBack:    {Warning, "The disk holds an older state than the cloud has seen."},
	StoreFailing:      {Serious, "The agent cannot write to its disk."},
	RowsDropped:       {Warning, "Rows of the log were dropped because the disk was full."},
	ConfigRejected:    {Serious, "The newest configuration was rejected; the last good one is in use."},
	CertificateAging:  {Warning, "The certificate of this agent ends soon and could not be renewed."},
	RelayStuck:        {Serious, "A door relay could not be released. The door may stand open."},
	BoardUnreachable:  {Serious, "A relay board does not answer."},
	DeviceUnreachable: {Warning, "A device does not answer."},
	DeviceConflict:    {Serious, "Another device answers at the address of this one. It is not used."},
	DeviceRefuses:     {Serious, "A device refuses its configuration."},
	ReadBackDiffers:   {Serious, "A device accepted its configuration and does not keep it."},
	DeviceFull:        {Serious, "A device has no room for the keys of everybody. Those who are left out cannot open there."},
	WrongGroup:        {Serious, "A device does not answer in its network group, or was seen in another network. Check the group of the device."},
	TransferConflict:  {Serious, "Two monitors of a home work offline, so none passes calls of door phones without internet on."},
	DiscoveryOff:      {Warning, "There is no network interface to look for devices on."},
	PINLocked:         {Warning, "Too many wrong PINs on this page."},
	TrunkDown:         {Warning, "The telephone carrier cannot be used. Landlines do not ring."},
	FilesOff:          {Warning, "No provisioning files are served: another program has the port."},
	FileFetchedAgain:  {Serious, "The provisioning file of a device was fetched twice. Its SIP password is being changed."},
	CallbacksOff:      {Warning, "What happens at the devices themselves is not logged: another program has the port."},
	CallbackForged:    {Serious, "Somebody speaks in the name of a device, from another network card. It is not believed."},
	KeysGuessed:       {Serious, "Somebody tries codes or cards at a device."},
	TrunkAlarm:        {Warning, "Many minutes of the telephone line were used today."},
}

// Codes lists the registered codes in order.
func Codes() []Code {
	codes := make([]Code, 0, len(registry))
	for code := range registry {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// About says where a condition holds. The zero value means the agent itself.
type About struct {
	Device domain.DeviceID
	Board  domain.BoardID
}

// Condition is something wrong now.
type Condition struct {
	Code     Code
	Severity Severity
	Text     string
	About    About
	Detail   string
	Since    time.Time
}

// Log takes the rows of changes.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// Conditions is what is wrong now. It is safe for concurrent use.
type Conditions struct {
	log    Log
	clock  clock.Clock
	logger *slog.Logger

	order sync.Mutex // rows stand in the order of the changes
	mu    sync.Mutex
	now   map[key]Condition
}

type key struct {
	code  Code
	about About
}

// maxConditions bounds memory; a site with more broken things than this has one problem, not thousands.
const maxConditions = 4096

// New makes an empty list. log may be nil while there is no outbox.
func New(log Log, clk clock.Clock, logger *slog.Logger) *Conditions {
	return &Conditions{log: log, clock: clk, logger: logger, now: map[key]Condition{}}
}

// Raise says that something is wrong. Raised again, only the detail changes. An unregistered code is a warning without words.
func (c *Conditions) Raise(ctx context.Context, code Code, about About, detail string) {
	c.order.Lock()
	defer c.order.Unlock()
	words, known := registry[code]
	if !known {
		words = Words{Severity: Warning, Text: string(code)}
	}
	k := key{code, about}
	c.mu.Lock()
	held, was := c.now[k]
	if !was {
		held = Condition{Code: code, Severity: words.Severity, Text: words.Text, About: about, Since: c.clock.Now()}
	}
	held.Detail = detail
	full := !was && len(c.now) >= maxConditions
	if !full {
		c.now[k] = held
	}
	c.mu.Unlock()
	if !was && !full {
		c.row(ctx, k, detail, false)
	}
}

// Clear says that it is over; clearing what is not raised does nothing.
func (c *Conditions) Clear(ctx context.Context, code Code, about About) {
	c.order.Lock()
	defer c.order.Unlock()
	k := key{code, about}
	c.mu.Lock()
	_, was := c.now[k]
	delete(c.now, k)
	c.mu.Unlock()
	if was {
		c.row(ctx, k, "", true)
	}
}

func (c *Conditions) row(ctx context.Context, k key, detail string, cleared bool) {
	c.logger.LogAttrs(ctx, slog.LevelWarn, "condition", slog.String(logkey.Code, string(k.code)), slog.Bool(logkey.State, !cleared), slog.String(logkey.Reason, detail))
	if c.log == nil {
		return
	}
	body := domain.NoteBody{What: string(k.code), DeviceID: k.about.Device, Detail: detail, Cleared: cleared}
	if !k.about.Board.IsZero() {
		body.Detail = "board " + k.about.Board.String() + " " + detail
	}
	if err := c.log.Append(context.WithoutCancel(ctx), domain.EventLinkCondition, body); err != nil {
		c.logger.LogAttrs(ctx, slog.LevelError, "condition not logged", slog.String(logkey.Code, string(k.code)), slog.Any(logkey.Err, err))
	}
}

// List gives what is wrong now: serious first, then oldest first.
func (c *Conditions) List() []Condition {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Condition, 0, len(c.now))
	for _, held := range c.now {
		out = append(out, held)
	}
	slices.SortFunc(out, func(a, b Condition) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.About.Device.String(), b.About.Device.String()), cmp.Compare(a.About.Board.String(), b.About.Board.String()))
	})
	return out
}
