package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
)

// receipt is how far the last edit got on a device.
type receipt struct {
	State   string `json:"state"`
	Version uint64 `json:"version"`
	Wanted  uint64 `json:"wanted_version"`
}

// seenDevice is what the API shows of a device.
type seenDevice struct {
	Revision uint64 `json:"revision"`
	Status   struct {
		Receipt receipt `json:"receipt"`
	} `json:"status"`
}

func (g *crowd) device(ctx context.Context, p place) (d seenDevice, err error) {
	err = g.cloud.client.Do(ctx, "GET", p.path("/devices/"+p.Device), nil, &d)
	return d, err
}

// edits renames door phones, one after the other, and gives how long each edit took to be applied, in milliseconds.
func (g *crowd) edits(ctx context.Context, of []int, n int) (applied []float64, err error) {
	for i := range n {
		took, err := g.edit(ctx, of[i%len(of)])
		if err != nil {
			return nil, err
		}
		applied = append(applied, took)
	}
	return applied, nil
}

// edit renames the door phone of a site and gives how long that took to be applied, in milliseconds.
func (g *crowd) edit(ctx context.Context, site int) (float64, error) {
	p := g.places[site]
	before, err := g.device(ctx, p)
	if err != nil {
		return 0, err
	}
	form := doorPhone(site, fmt.Sprintf("Entrance %d", time.Now().UnixNano()%1_000_000))
	form.GroupID = p.Group
	form.BuildingID = p.Building
	began := time.Now()
	if err := g.cloud.client.Do(ctx, "PUT", p.path("/devices/"+p.Device), form, nil, "If-Match", fmt.Sprintf("%q", fmt.Sprint(before.Revision))); err != nil {
		return 0, err
	}
	return g.follow(ctx, p, before.Status.Receipt.Wanted, began)
}

// lookEvery is how often the receipt of an edit is looked at. A portal is told by a stream: to ask more often would be work that nobody gives a cloud.
const lookEvery = 20 * time.Millisecond

// follow looks at the receipt of an edit until it is applied.
func (g *crowd) follow(ctx context.Context, p place, before uint64, began time.Time) (float64, error) {
	for time.Since(began) < 30*time.Second {
		now, err := g.device(ctx, p)
		if err != nil {
			return 0, err
		}
		took := milliseconds(time.Since(began))
		if r := now.Status.Receipt; r.Wanted > before && r.State == "applied" && r.Version == r.Wanted {
			return took, nil
		}
		measure.Pause(ctx, lookEvery)
	}
	return 0, errors.New("an edit was not applied within 30 s")
}

// opens presses the Open button of one site after the other and gives how long each answer took, in milliseconds, and how many were not done.
func (g *crowd) opens(ctx context.Context, of []int, n int) (took []float64, lost int, err error) {
	for i := range n {
		one, done, err := g.open(ctx, of[i%len(of)])
		if err != nil {
			return nil, 0, err
		}
		took = append(took, one)
		if !done {
			lost++
		}
	}
	return took, lost, nil
}

// open presses the Open button of a site and gives how long the answer took, in milliseconds, and whether it was done.
func (g *crowd) open(ctx context.Context, site int) (took float64, done bool, err error) {
	p := g.places[site]
	var out stack.Opened
	began := time.Now()
	err = g.cloud.client.Do(ctx, "POST", p.path("/devices/"+p.Device+"/relays/1/open"), nil, &out)
	return milliseconds(time.Since(began)), out.Result == "done", err
}
