package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// AutoP is what an installer added to the settings of a device.
type AutoP struct {
	Text     string       `json:"text" doc:"Regular lines: always valid, sent again at every provisioning."`
	State    string       `json:"state" enum:"told,applied,refused" doc:"How far the lines got on the device."`
	Refused  []string     `json:"refused" nullable:"false" doc:"Settings that the device does not hold."`
	Orders   []AutoPOrder `json:"orders" nullable:"false" doc:"One-time lines, the newest first."`
	Revision uint64       `json:"revision" doc:"One more at each change of the text; the ETag."`

	PairUntil *time.Time `json:"pair_until,omitempty" doc:"End of the pairing window: until then the provisioning file may carry secrets, once."`
}

// AutoPOrder is lines that are carried out once.
type AutoPOrder struct {
	ID        string     `json:"id"`
	Text      string     `json:"text"`
	State     string     `json:"state" enum:"told,applied,refused,lapsed"`
	Refused   []string   `json:"refused" nullable:"false"`
	CreatedAt time.Time  `json:"created_at"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
}

// AutoPText is lines for one device.
type AutoPText struct {
	Text string `json:"text" required:"false" doc:"One setting=value a line, each at most 1 KiB; # and ; begin comments."`
}

// AutoPBatch is lines for many devices.
type AutoPBatch struct {
	AutoPText
	Once    bool     `json:"once" required:"false" doc:"Carried out once; else the lines are added to those that each device has."`
	Devices []string `json:"devices" required:"false" nullable:"false" doc:"At most 500."`
}

func showAutoP(a fleet.AutoPSheet, d domain.Device, now time.Time) AutoP {
	out := AutoP{
		Text: a.Text.Reveal(), State: string(a.Standing()), Refused: []string{}, Orders: make([]AutoPOrder, len(a.Orders)), Revision: a.Revision,
	}
	if a.Standing() == domain.AutoPRefused {
		out.Refused = append(out.Refused, a.Refused...)
	}
	for i, o := range a.Orders {
		out.Orders[i] = AutoPOrder{
			ID: o.ID.String(), Text: o.Text.Reveal(), State: string(o.State), Refused: append([]string{}, o.Refused...), CreatedAt: o.Created, EndedAt: instant(o.Ended),
		}
	}
	if until := time.UnixMilli(d.PairUntil).UTC(); until.After(now) {
		out.PairUntil = &until
	}
	return out
}

// showAutoPOf answers what was added to a device after err of what changed it.
func (a *API) showAutoPOf(ctx context.Context, in DevicePath, err error) (*Tagged[AutoP], error) {
	if err != nil {
		return nil, err
	}
	device, err := a.Fleet.Device(ctx, in.site(), in.id())
	if err != nil {
		return nil, err
	}
	sheet, err := a.Fleet.AutoP(ctx, in.site(), in.id())
	if err != nil {
		return nil, err
	}
	return tagged(showAutoP(sheet, device, time.Now()), sheet.Revision, nil)
}

func (a *API) autop() {
	const one = "/sites/{site}/devices/{device}/autop"
	route(a, http.MethodGet, one, "get-autop", "AutoP lines of a device", func(ctx context.Context, in *DevicePath) (*Tagged[AutoP], error) {
		return a.showAutoPOf(ctx, *in, nil)
	}, needs(account.DevicesWrite), tag("autop"))
	route(a, http.MethodPut, one, "put-autop", "Set the regular AutoP lines of a device", func(ctx context.Context, in *struct {
		DevicePath
		IfMatch
		Body AutoPText
	},
	) (*Tagged[AutoP], error) {
		ask := fleet.AutoPAsk{Devices: []domain.DeviceID{in.id()}, Text: secret.New(in.Body.Text), Replace: true}
		return a.showAutoPOf(ctx, in.DevicePath, a.Fleet.SubmitAutoP(ctx, in.site(), ask))
	}, needs(account.DevicesWrite), tag("autop"))
	route(a, http.MethodPost, one+"/once", "order-autop", "Carry out AutoP lines on a device once", func(ctx context.Context, in *struct {
		DevicePath
		Body AutoPText
	},
	) (*Tagged[AutoP], error) {
		ask := fleet.AutoPAsk{Devices: []domain.DeviceID{in.id()}, Text: secret.New(in.Body.Text), Once: true}
		return a.showAutoPOf(ctx, in.DevicePath, a.Fleet.SubmitAutoP(ctx, in.site(), ask))
	}, needs(account.DevicesWrite), tag("autop"))
	route(a, http.MethodPost, one+"/pair", "pair-device", "Open the pairing window of a device for an hour", func(ctx context.Context, in *DevicePath) (*Tagged[AutoP], error) {
		return a.showAutoPOf(ctx, *in, a.Fleet.Pair(ctx, in.site(), in.id()))
	}, needs(account.DevicesWrite), tag("autop"))
	route(a, http.MethodPost, "/sites/{site}/autop", "submit-autop", "AutoP lines for many devices", func(ctx context.Context, in *struct {
		SitePath
		Body AutoPBatch
	},
	) (*None, error) {
		var f ids
		ask := fleet.AutoPAsk{Text: secret.New(in.Body.Text), Once: in.Body.Once, Devices: bodyIDs[domain.DeviceID](&f, "devices", in.Body.Devices)}
		if err := f.Err(); err != nil {
			return nil, err
		}
		return nil, a.Fleet.SubmitAutoP(ctx, in.site(), ask)
	}, status(http.StatusNoContent), needs(account.DevicesWrite), tag("autop"))
}
