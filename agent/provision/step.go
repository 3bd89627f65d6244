package provision

import (
	"fmt"
	"strings"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Times of a worker.
const (
	probeEvery = 30 * time.Second
	checkEvery = 5 * time.Minute
	retryFirst = 4 * time.Second
	retryMost  = 5 * time.Minute
	seekMost   = time.Minute     // between two looks for a device that is away
	missesMost = 2               // silent probes before a device counts as away
	toldEvery  = 5 * time.Minute // between two reports of a device that talks on
	groupAfter = 5 * time.Minute // away for so long while others of its network group are there: it may stand in another network
)

// State is where one device stands. The zero value knows nothing; Report carries what was told last, from before a restart too.
type State struct {
	Report  wire.DeviceReport
	Version uint64
	Digest  [32]byte
	Manual  bool             // nobody writes to it
	Watched bool             // but it is asked who it is
	Over    int              // people whose keys the device has no room for
	Applied bool             // the device was seen to hold Digest by this process
	Lines   uint64           // revision of the regular AutoP lines; 0: none
	Orders  []domain.AutoPID // one-time lines of the document

	Due      time.Time // of the next probe
	CheckDue time.Time // of the next comparison
	Fails    int
	Misses   int
	Stranger domain.MAC // the other MAC that answered last
	Away     time.Time  // since when it is; zero: it is there, or nobody knows
	Apart    bool       // told that it does not answer in its network group

	peers     bool
	verifying bool
	known     bool // presence is known
}

// Input is what happens to a device.
type Input interface{ input() }

// Wanted says what the document wants now.
type Wanted struct {
	Version uint64
	MAC     domain.MAC
	Digest  [32]byte
	Manual  bool
	Watched bool
	Lines   uint64
	Orders  []domain.AutoPID
}

// Tick says that Due has come. Address is where the device is, empty when nobody knows; Heard tells that it announces itself or is registered, Peers
// that another device of its network group is there. Told is when the device last said something by itself, zero when it did not.
type Tick struct {
	Address string
	Heard   bool
	Peers   bool
	Told    time.Time
}

// Moved says that the device was heard, perhaps at another address.
type Moved struct{}

// Identified answers Identify.
type Identified struct {
	Who     device.Identity
	Matches bool
	Err     error
}

// Compared answers Compare.
type Compared struct {
	Names    []string
	Withheld []string // features that were left out
	Refused  []string // AutoP settings that the device does not know
	Factory  bool     // the device is as from the factory
	Over     int      // people whose keys it has no room for
	Err      error
}

// Written answers Write.
type Written struct{ Err error }

func (Wanted) input()     {}
func (Tick) input()       {}
func (Moved) input()      {}
func (Identified) input() {}
func (Compared) input()   {}
func (Written) input()    {}

// Effect is what the worker has to do.
type Effect interface{ effect() }

// The effects. Identify, Compare, Write and Order are answered by an input; at most one of them comes out of a step, as the last effect.
type (
	Identify struct{}
	Compare  struct{}
	Write    struct{}
	Tell     struct{ Report wire.DeviceReport }
	Presence struct{ Online bool }         // the device came or went
	Parted   struct{ Over bool }           // it does not answer in its network group, or does again
	Conflict struct{ Stranger domain.MAC } // another MAC answers at its address
	Raise    struct {                      // something is wrong with it
		Code   health.Code
		Detail string
	}
	Clear struct{ Code health.Code }
)

func (Identify) effect() {}
func (Compare) effect()  {}
func (Write) effect()    {}
func (Tell) effect()     {}
func (Presence) effect() {}
func (Parted) effect()   {}
func (Conflict) effect() {}
func (Raise) effect()    {}
func (Clear) effect()    {}

// Step moves one device on. jitter is uniform in [0, 1).
func Step(s State, in Input, now time.Time, jitter float64) (State, []Effect) {
	t := turn{State: s, now: now, jitter: jitter, before: s.Report}
	switch in := in.(type) {
	case Wanted:
		t.wanted(in)
	case Tick:
		t.tick(in)
	case Moved:
		if !s.Manual || s.Watched {
			t.Due, t.Misses = now, 0
		}
	case Restarting:
		t.restarting()
	case Identified:
		t.identified(in)
	case Compared:
		t.compared(in)
	case Written:
		t.written(in)
	case Ordered:
		t.ordered(in)
	}
	return t.State, t.effects()
}

// turn is one step being made.
type turn struct {
	State
	now    time.Time
	jitter float64
	before wire.DeviceReport
	out    []Effect
	ask    Effect
}

// effects ends the turn: what changed is told before anything is asked.
func (t *turn) effects() []Effect {
	out := t.out
	if !t.Report.Equal(t.before) {
		out = append(out, Tell{t.Report})
	}
	if t.ask != nil {
		out = append(out, t.ask)
	}
	return out
}

func (t *turn) do(e Effect) { t.out = append(t.out, e) }

// receipt sets where the newest version stands.
func (t *turn) receipt(state wire.ReceiptState, reason domain.Reason) {
	t.Report.State, t.Report.Version, t.Report.Reason = state, t.Version, reason
}

// swapped forgets the hardware that was in the device's place before: another MAC is wanted there now (DEV-29).
func (t *turn) swapped() {
	if t.Report.Online {
		t.do(Presence{false})
	}
	t.do(Clear{health.DeviceConflict})
	t.Report = wire.DeviceReport{DeviceID: t.Report.DeviceID}
	t.joined()
	t.Applied, t.verifying, t.known, t.Misses, t.Stranger = false, false, false, 0, ""
}

func (t *turn) wanted(in Wanted) {
	if t.Report.MAC != "" && t.Report.MAC != in.MAC {
		t.swapped()
	}
	t.Report.MAC = in.MAC
	t.lines(in)
	fresh := in.Digest != t.Digest || in.Manual != t.Manual
	if in.Version == t.Version && !fresh {
		return
	}
	kept := t.Report.State == wire.ReceiptApplied && t.Report.Version == in.Version // applied before a restart: stays until seen otherwise
	t.Version, t.Digest, t.Manual, t.Watched = in.Version, in.Digest, in.Manual, in.Watched
	switch {
	case in.Manual:
		t.Applied, t.Report.Withheld = false, nil
		t.receipt(wire.ReceiptManual, "")
		t.Due = t.now
	case !fresh && t.Applied:
		t.settled()
	case !fresh && t.Report.State == wire.ReceiptWritten:
		t.receipt(wire.ReceiptWritten, "") // what was written is what the newer version wants too
	case !fresh:
		t.receipt(wire.ReceiptHeld, t.Report.Reason)
	default:
		t.Applied, t.Fails = false, 0
		if !kept {
			t.receipt(wire.ReceiptHeld, "")
		}
		t.Due, t.CheckDue = t.now, t.now
	}
}

func (t *turn) tick(in Tick) {
	t.Report.Address, t.peers = in.Address, in.Peers
	t.told(in.Told)
	switch {
	case t.Manual && !t.Watched:
		t.present(in.Heard)
		t.Due = t.now.Add(t.spread(probeEvery))
	case in.Address == "":
		t.missed(domain.ReasonNotFound, "no address is known")
	default:
		t.ask = Identify{}
	}
}

// told notes when the device last said something by itself.
func (t *turn) told(at time.Time) {
	before := time.UnixMilli(t.Report.ToldMilli)
	if at.After(before) && t.now.Sub(before) >= toldEvery {
		t.Report.ToldMilli = at.UnixMilli()
	}
}

// present notes whether the device is there.
func (t *turn) present(online bool) {
	if online {
		t.Report.SeenMilli = t.now.UnixMilli()
		t.Misses = 0
		t.do(Clear{health.DeviceUnreachable})
		t.joined()
	} else {
		t.parted()
	}
	if online != t.Report.Online {
		t.do(Presence{online})
	}
	t.Report.Online, t.known = online, true
}

// again plans the next try: later each time, and not all devices at once.
func (t *turn) again(most time.Duration) {
	wait := min(most, retryFirst<<min(t.Fails, 10))
	t.Fails++
	t.Due = t.now.Add(wait/2 + time.Duration(t.jitter*float64(wait/2)))
}

func (t *turn) spread(d time.Duration) time.Duration {
	return d*9/10 + time.Duration(t.jitter*float64(d/5))
}

func (t *turn) identified(in Identified) {
	if in.Err != nil {
		t.failed(in.Err)
		return
	}
	if !in.Matches {
		if t.Stranger != in.Who.MAC {
			t.Stranger = in.Who.MAC
			t.do(Conflict{in.Who.MAC})
		}
		t.stranger("MAC " + string(in.Who.MAC))
		return
	}
	back := !t.Report.Online || t.Report.Firmware != in.Who.Firmware // it may have been reset meanwhile
	t.present(true)
	t.Stranger = ""
	t.do(Clear{health.DeviceConflict})
	t.Report.Model, t.Report.Firmware = in.Who.Model, in.Who.Firmware
	if t.Manual { // that it is the right one is all there is to know
		t.Fails = 0
		t.receipt(wire.ReceiptManual, "")
		t.do(Clear{health.DeviceRefuses})
		t.Due = t.now.Add(t.spread(probeEvery))
		return
	}
	if t.Applied && !back && t.now.Before(t.CheckDue) {
		t.Fails = 0
		t.Due = t.now.Add(t.spread(probeEvery))
		return
	}
	t.verifying = false
	t.ask = Compare{}
}

func (t *turn) compared(in Compared) {
	if in.Err == nil {
		t.Report.Withheld, t.Over = in.Withheld, in.Over
	}
	if in.Err == nil && in.Factory {
		t.factory()
	}
	switch {
	case in.Err != nil && t.verifying:
		t.failedAfterWrite(in.Err)
	case in.Err != nil:
		t.failed(in.Err)
	case len(in.Names) == 0:
		t.applied()
		t.regular(in.Refused)
		t.order()
	case t.verifying:
		// It took the write and does not hold it: never green (BEY-07).
		t.Applied, t.verifying = false, false
		t.receipt(wire.ReceiptHeld, domain.ReasonReadBack)
		t.do(Raise{health.ReadBackDiffers, list(in.Names)})
		t.again(retryMost)
	default:
		t.ask = Write{}
	}
}

func (t *turn) written(in Written) {
	if in.Err != nil {
		t.failed(in.Err)
		return
	}
	t.verifying = true
	t.receipt(wire.ReceiptWritten, "") // said before the reading back: a device may take its time
	t.ask = Compare{}
}

// applied notes that the device was read and holds what is wanted.
func (t *turn) applied() {
	t.Applied, t.verifying, t.Fails = true, false, 0
	t.settled()
	t.Report.SetUp = true
	t.do(Clear{health.ReadBackDiffers})
	t.do(Clear{health.DeviceRefuses})
	t.CheckDue = t.now.Add(t.spread(checkEvery))
	t.Due = t.now.Add(t.spread(probeEvery))
}

// list names the first few settings; values never come here.
func list(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}
