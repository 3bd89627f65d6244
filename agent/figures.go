package agent

import (
	"context"

	"vestibule/agent/metrics"
	"vestibule/shared/callrecord"
	"vestibule/shared/logkey"
)

// figures are what the agent tells Prometheus; false until the building runs.
func (a *Agent) figures(ctx context.Context) (metrics.Figures, bool) {
	h := a.house.Load()
	if h == nil {
		return metrics.Figures{}, false
	}
	view, link := h.sync.Current(), h.link.Status()
	f := metrics.Figures{
		LinkUp: link.Online(), LinkSince: link.Since, Document: view.Version, Devices: map[string]int{"online": 0, "offline": 0},
		Firmware: map[metrics.Firmware]int{}, Calls: map[string]int{}, Conditions: map[metrics.Condition]int{},
	}
	var err error
	if f.Waiting, f.Given, err = h.outbox.Depth(ctx); err != nil {
		a.log.ErrorContext(ctx, "rows that wait are not counted", logkey.Err, err)
	}
	told := map[string]bool{}
	for _, r := range h.sync.Receipts() {
		if d, ok := view.Devices[r.DeviceID]; !ok || !view.Serves(h.id.Agent, d) {
			continue
		}
		told[r.DeviceID.String()] = r.Online
		if r.Firmware != "" {
			f.Firmware[metrics.Firmware{Model: r.Model, Version: r.Firmware}]++
		}
	}
	for id, d := range view.Devices {
		switch {
		case !view.Serves(h.id.Agent, d):
		case told[id.String()]:
			f.Devices["online"]++
		default:
			f.Devices["offline"]++
		}
	}
	calls, err := a.store.Calls(ctx)
	if err != nil {
		a.log.ErrorContext(ctx, "calls are not counted", logkey.Err, err)
	}
	for _, c := range calls {
		cause, _ := callrecord.Of(c.Body)
		f.Calls[string(cause)]++
	}
	for _, c := range a.conditions.List() {
		f.Conditions[metrics.Condition{Code: string(c.Code), Severity: string(c.Severity)}]++
	}
	return f, true
}
