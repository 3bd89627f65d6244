package callback

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// write makes rows of reports.
func (c *Callbacks) write(ctx context.Context, reports []heard) {
	for _, h := range reports {
		dev, ok := c.cfg.View().Devices[h.device]
		if !ok {
			continue // it left the document meanwhile
		}
		switch h.told.What {
		case device.Opened, device.Denied:
			c.append(ctx, domain.EventDoor, dev, c.door(dev, h))
		case device.RelayOff:
			c.append(ctx, domain.EventRelayState, dev, domain.ContactBody{DeviceID: dev.ID, Contact: domain.ContactRelay, Number: h.told.Number, Trust: h.trust})
		case device.InputOn, device.InputOff:
			c.append(ctx, domain.EventRelayState, dev, domain.ContactBody{
				DeviceID: dev.ID, Contact: domain.ContactInput, Number: h.told.Number, On: h.told.What == device.InputOn, Trust: h.trust,
			})
		case device.Alarmed:
			c.append(ctx, domain.EventAlarm, dev, domain.AlarmBody{DeviceID: dev.ID, Alarm: h.told.Alarm, Number: h.told.Number, Trust: h.trust})
		}
		if h.told.What == device.Denied {
			c.tried(ctx, dev, h.at)
		}
	}
}

// door is the row of somebody who was let in, or was not. Which relay a device does not name it can only be when there is one.
func (c *Callbacks) door(dev domain.Device, h heard) domain.DoorBody {
	body := domain.DoorBody{DeviceID: dev.ID, Relay: h.told.Number, Means: h.told.Way, Result: domain.ActDone, ApartmentID: dev.ApartmentID, Trust: h.trust}
	if h.told.What == device.Denied {
		body.Result, body.Reason = domain.ActRefused, domain.ReasonUnknownKey
	} else if body.Relay == 0 {
		body.Relay = onlyRelay(dev, h.told.Way)
	}
	switch {
	case h.told.User != "":
		body.By = "user " + h.told.User
	case !h.told.Card.IsZero():
		body.By = "card " + c.fingerprint(h.told.Card)
	}
	return body
}

// ways are the methods of relays for what devices let people in by.
var ways = map[domain.Means]domain.Methods{domain.MeansCode: domain.MethodPIN, domain.MeansCard: domain.MethodCard, domain.MeansFace: domain.MethodFace}

// onlyRelay is the relay of a device that a means unlocks, when there is exactly one; else 0.
func onlyRelay(dev domain.Device, means domain.Means) int {
	number := 0
	for _, r := range dev.Relays {
		if way, asks := ways[means]; !r.Enabled || !r.Board.IsZero() || asks && !r.Methods.Has(way) {
			continue
		}
		if number != 0 {
			return 0
		}
		number = r.Number
	}
	return number
}

func (c *Callbacks) append(ctx context.Context, kind domain.EventKind, dev domain.Device, body any) {
	if err := c.cfg.Log.Append(context.WithoutCancel(ctx), kind, body); err != nil {
		c.cfg.Logger.ErrorContext(ctx, "what a device said is not written", logkey.Device, dev.ID.String(), logkey.Kind, string(kind), logkey.Err, err)
	}
}

// Somebody guesses when so many were not let in within a while.
const (
	guesses   = 5
	guessFor  = time.Minute
	calmAfter = 10 * time.Minute
	calmEvery = time.Minute
)

// tried counts those who were not let in, and says when somebody guesses.
func (c *Callbacks) tried(ctx context.Context, dev domain.Device, at time.Time) {
	c.mu.Lock()
	c.tries[dev.ID] = append(c.tries[dev.ID], at)
	if n := len(c.tries[dev.ID]); n > guesses {
		c.tries[dev.ID] = c.tries[dev.ID][n-guesses:]
	}
	list := c.tries[dev.ID]
	guessing := len(list) == guesses && at.Sub(list[0]) <= guessFor
	c.mu.Unlock()
	if guessing {
		c.cfg.Conditions.Raise(ctx, health.KeysGuessed, health.About{Device: dev.ID}, fmt.Sprintf("%d in %s", guesses, at.Sub(list[0]).Round(time.Second)))
	}
}

// calm clears what was said of devices where nobody has tried for a while.
func (c *Callbacks) calm(ctx context.Context) {
	now := c.cfg.Now()
	var over []domain.DeviceID
	c.mu.Lock()
	for id, list := range c.tries {
		if now.Sub(slices.MaxFunc(list, time.Time.Compare)) > calmAfter {
			over = append(over, id)
			delete(c.tries, id)
		}
	}
	c.mu.Unlock()
	for _, id := range over {
		c.cfg.Conditions.Clear(ctx, health.KeysGuessed, health.About{Device: id})
	}
}
