package provision

import (
	"context"
	"slices"

	"vestibule/agent/device"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Order asks for one-time lines to be carried out; Check has them only looked up, because they may have been written before an interruption. It is
// answered by Ordered.
type Order struct {
	ID    domain.AutoPID
	Check bool
}

// Ordered answers Order. Refused names the settings that the device does not hold.
type Ordered struct {
	ID      domain.AutoPID
	Refused []string
	Err     error
}

func (Order) effect()  {}
func (Ordered) input() {}

// lines notes what the document wants of AutoP: reports on orders that left it are over.
func (t *turn) lines(in Wanted) {
	t.Lines, t.Orders = in.Lines, in.Orders
	var kept []wire.AutoPReport
	for _, r := range t.Report.AutoP {
		if slices.Contains(in.Orders, r.Order) || r.Order.IsZero() && in.Lines != 0 {
			kept = append(kept, r)
		}
	}
	t.Report.AutoP = kept
	switch {
	case in.Manual: // nobody writes to it
		for _, id := range in.Orders {
			t.report(wire.AutoPReport{Order: id, State: domain.AutoPRefused})
		}
	case t.pending() != nil && t.Applied:
		t.Due, t.CheckDue = t.now, t.now
	}
}

// pending gives the report on the first order that has not ended, made if there is none yet; nil when nothing waits.
func (t *turn) pending() *wire.AutoPReport {
	for _, id := range t.Orders {
		at := slices.IndexFunc(t.Report.AutoP, func(r wire.AutoPReport) bool { return r.Order == id })
		if at < 0 {
			return &wire.AutoPReport{Order: id}
		}
		if t.Report.AutoP[at].State == domain.AutoPTold {
			return &t.Report.AutoP[at]
		}
	}
	return nil
}

// report sets how far lines got. The list is never changed in place: what was told shares it.
func (t *turn) report(r wire.AutoPReport) {
	list := slices.DeleteFunc(slices.Clone(t.Report.AutoP), func(o wire.AutoPReport) bool { return o.Order == r.Order })
	t.Report.AutoP = append(list, r)
}

// order begins the next one-time order once the device holds the rest. That it was begun is told before it is: after an interruption the lines are
// only looked up.
func (t *turn) order() {
	next := t.pending()
	if next == nil {
		return
	}
	t.ask = Order{ID: next.Order, Check: next.State == domain.AutoPTold}
	t.report(wire.AutoPReport{Order: next.Order, State: domain.AutoPTold})
}

// regular notes what the device does not take of the regular lines.
func (t *turn) regular(refused []string) {
	if t.Lines == 0 {
		return
	}
	r := wire.AutoPReport{Revision: t.Lines, State: domain.AutoPApplied}
	if len(refused) > 0 {
		r.State, r.Refused = domain.AutoPRefused, refused
	}
	t.report(r)
}

func (t *turn) ordered(in Ordered) {
	switch device.KindOf(in.Err) {
	case "":
	case device.Unreachable: // nothing was sent
		t.Report.AutoP = slices.DeleteFunc(slices.Clone(t.Report.AutoP), func(o wire.AutoPReport) bool { return o.Order == in.ID })
		t.failed(in.Err)
		return
	case device.Ambiguous:
		t.failed(in.Err)
		return
	}
	r := wire.AutoPReport{Order: in.ID, State: domain.AutoPApplied}
	if len(in.Refused) > 0 || in.Err != nil {
		r.State, r.Refused = domain.AutoPRefused, in.Refused
	}
	t.report(r)
	t.order()
}

// factory notes a device that was set up and is as from the factory again: one-time lines lapse (AUTOP-05).
func (t *turn) factory() {
	if !t.Report.SetUp {
		return
	}
	t.Report.SetUp = false
	t.Report.Resets++
	for _, id := range t.Orders {
		at := slices.IndexFunc(t.Report.AutoP, func(r wire.AutoPReport) bool { return r.Order == id })
		if at < 0 || t.Report.AutoP[at].State == domain.AutoPTold {
			t.report(wire.AutoPReport{Order: id, State: domain.AutoPLapsed})
		}
	}
}

// ordersOf lists the one-time orders that a document has for a device.
func ordersOf(view *desired.View, id domain.DeviceID) []domain.AutoPID {
	var out []domain.AutoPID
	for _, o := range view.AutoP[id].Orders {
		out = append(out, o.ID)
	}
	return out
}

// order carries out one-time lines on a device.
func (w *worker) order(ctx context.Context, e Order) Input {
	out := Ordered{ID: e.ID}
	orders := w.c.cfg.View().AutoP[w.id].Orders
	at := slices.IndexFunc(orders, func(o domain.AutoPOrder) bool { return o.ID == e.ID })
	if at < 0 {
		return out // it left the document
	}
	lines := orders[at].Lines()
	driver, err := w.c.cfg.Drivers.Known(ctx, w.id)
	if err != nil {
		out.Err = err
		return out
	}
	liner, ok := driver.(device.Liner)
	if !ok {
		for _, line := range lines {
			out.Refused = append(out.Refused, line.Key)
		}
		return out
	}
	if !e.Check {
		if out.Err = liner.WriteLines(ctx, lines); out.Err != nil {
			return out
		}
	}
	out.Refused, out.Err = liner.LinesMissing(ctx, lines)
	return out
}
