package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"vestibule/agent"
	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
	"vestibule/shared/sim"
)

const (
	liveHeld    = "edit to held by the agent p95, live sites"
	liveApplied = "edit to applied p95, live sites"
	liveRested  = "edit to applied p95, a device with 250 ms of rest"
	liveOpen50  = "remote open p50, live sites"
	liveOpen99  = "remote open p99, live sites"
	liveNotDone = "remote opens that were not done"
)

var wantedLive = []string{liveHeld, liveApplied, liveRested, liveOpen50, liveOpen99, liveNotDone}

// Ceilings of what a person waits for, in milliseconds.
const (
	longestApplied = 1000
	longestOpen    = 300
)

// living is a site whose agent is online and whose door phone has been configured.
type living struct {
	site   *stack.Sample
	device string // path
	form   stack.DeviceForm
}

// live is a cloud with agents that are all connected to it.
type live struct {
	cloud  *measure.Process
	client *stack.Client
	sites  []*living
	stop   context.CancelFunc
	ended  sync.WaitGroup
}

// measureLive runs the cloud's program and a real agent for each of many sites over TLS, and presses what an installer and a resident press.
func measureLive(ctx context.Context, dir string, p measure.Programs, n amounts) ([]figure, error) {
	l, err := newLive(ctx, dir, p, n.live)
	if l != nil {
		defer l.end()
	}
	if err != nil {
		return nil, err
	}
	most := len(l.sites) - rested(n.live)
	held, applied, err := l.edits(ctx, l.sites[:most], n.edits)
	if err != nil {
		return nil, err
	}
	_, slow, err := l.edits(ctx, l.sites[most:], max(2, n.edits/10))
	if err != nil {
		return nil, err
	}
	opens, lost, err := l.opens(ctx, n.opens)
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf("%d sites, each with an agent over TLS and a simulated door phone, all of them on these processors", n.live)
	how := fmt.Sprintf("%d edits of a door phone through the API, looked at every 5 ms; ", n.edits) + of
	return []figure{
		{liveHeld, measure.Percentile(held, 95), "ms", how},
		{liveApplied, measure.Percentile(applied, 95), "ms", "the same edits: written to the device and read back equal; it needs no rest between two requests"},
		{liveRested, measure.Percentile(slow, 95), "ms", fmt.Sprintf("%d edits of devices that get the rest that real ones need", len(slow))},
		{liveOpen50, measure.Percentile(opens, 50), "ms", fmt.Sprintf("%d opens through the API, from the request to the answer \"done\", the relay of the door phone moved", n.opens)},
		{liveOpen99, measure.Percentile(opens, 99), "ms", "the same"},
		{liveNotDone, float64(lost), "", "of the same"},
	}, nil
}

// rested is how many of the sites have a device that needs rest.
func rested(n int) int { return max(1, n/10) }

func newLive(ctx context.Context, dir string, p measure.Programs, n int) (*live, error) {
	data := filepath.Join(dir, "live-cloud")
	cloud, err := startCloud(ctx, p.Cloud, data)
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(ctx)
	l := &live{cloud: cloud, stop: stop}
	if l.client, err = setUp(ctx, cloud, data); err != nil {
		return l, err
	}
	building, err := sim.New(sim.Sample(n, 0, 0))
	if err != nil {
		return l, err
	}
	l.ended.Go(func() { _ = building.Run(life) })
	for i, phone := range building.DoorPhones() {
		one, err := l.site(ctx, i, phone)
		if err != nil {
			return l, err
		}
		l.sites = append(l.sites, one)
		if err := l.agent(life, filepath.Join(dir, fmt.Sprintf("live-%d", i)), one, i < n-rested(n)); err != nil {
			return l, err
		}
	}
	for _, one := range l.sites {
		if err := measure.Eventually(ctx, 2*time.Minute, "every door phone is configured", func() (bool, error) {
			now, err := l.receipt(ctx, one)
			return now.State == "applied", err
		}); err != nil {
			return l, err
		}
	}
	return l, nil
}

// site describes one building with one door phone.
func (l *live) site(ctx context.Context, i int, phone *sim.DoorPhone) (*living, error) {
	site, err := stack.NewSite(ctx, l.client, fmt.Sprintf("Site %d", i+1))
	if err != nil {
		return nil, err
	}
	form := stack.DeviceForm{
		Type: 0, MAC: phone.MAC(), Name: "Entrance", Driver: "akuvox", Address: phone.HTTPAddr().String(), DTMFMethod: "info", APIUser: phone.APIUser(), APIPassword: phone.APIPassword(),
		GroupID: site.GroupID, BuildingID: site.BuildingID, Relays: []stack.RelayForm{{Number: 1, Name: "Door", Enabled: true, DTMF: "#", Mode: "momentary", HoldMS: 1000}},
	}
	id, err := site.AddDevice(ctx, l.client, form)
	return &living{site: site, device: site.Path("/devices/" + id), form: form}, err
}

// agent claims a site and runs its agent until the end; quick ones do not spare the device.
func (l *live) agent(life context.Context, dir string, of *living, quick bool) error {
	link, err := of.site.Claim(life, l.client)
	if err != nil {
		return err
	}
	if link, err = l.from(life, link, len(l.sites)); err != nil {
		return err
	}
	cfg := agent.Config{DataDir: dir, LAN: "127.0.0.1:0", SIP: "127.0.0.1:0", Claim: link, OneMachine: true, Version: "bench"}
	if quick {
		cfg.Pace.Gap = -1
	}
	a, err := agent.New(life, cfg)
	if err != nil {
		return err
	}
	l.ended.Go(func() { _ = a.Run(life) })
	return nil
}

// from leads a claim over an address of its own: the cloud bounds how many come from one, and buildings have their own.
func (l *live) from(life context.Context, link string, i int) (string, error) {
	at, err := url.Parse(link)
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 9, byte(i%250+1))}}
	target := at.Host
	context.AfterFunc(life, func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := dialer.DialContext(life, "tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
			go func() { _, _ = io.Copy(near, far); _ = near.Close() }()
		}
	}()
	at.Host = listener.Addr().String()
	return at.String(), nil
}

func (l *live) end() {
	l.stop()
	l.ended.Wait()
	l.cloud.End(syscall.SIGTERM)
}

// receipt is how far the last edit got on a device.
type receipt struct {
	State   string `json:"state"`
	Version uint64 `json:"version"`
	Wanted  uint64 `json:"wanted_version"`
}

func (l *live) receipt(ctx context.Context, of *living) (receipt, error) {
	var now struct {
		Status struct {
			Receipt receipt `json:"receipt"`
		} `json:"status"`
	}
	err := l.client.Do(ctx, "GET", of.device, nil, &now)
	return now.Status.Receipt, err
}

// edits renames door phones and gives how long each took to be held by its agent and to be read back from the device, in milliseconds.
func (l *live) edits(ctx context.Context, of []*living, n int) (held, applied []float64, err error) {
	for i := range n {
		one := of[rand.IntN(len(of))] //nolint:gosec // any will do
		before, err := l.receipt(ctx, one)
		if err != nil {
			return nil, nil, err
		}
		var seen struct {
			Revision uint64 `json:"revision"`
		}
		if err := l.client.Do(ctx, "GET", one.device, nil, &seen); err != nil {
			return nil, nil, err
		}
		one.form.Name = fmt.Sprintf("Entrance %d", i+1)
		one.form.Relays[0].Name = fmt.Sprintf("Door %d", i+1)
		began := time.Now()
		if err := l.client.Do(ctx, "PUT", one.device, one.form, nil, "If-Match", fmt.Sprintf("%q", fmt.Sprint(seen.Revision))); err != nil {
			return nil, nil, err
		}
		h, a, err := l.follow(ctx, one, before.Wanted, began)
		if err != nil {
			return nil, nil, err
		}
		held, applied = append(held, h), append(applied, a)
	}
	return held, applied, nil
}

// follow looks at the receipt of an edit until it is applied.
func (l *live) follow(ctx context.Context, of *living, before uint64, began time.Time) (held, applied float64, err error) {
	for time.Since(began) < 30*time.Second {
		now, err := l.receipt(ctx, of)
		if err != nil {
			return 0, 0, err
		}
		took := milliseconds(time.Since(began))
		if held == 0 && now.Wanted > before && now.State != "saved" {
			held = took
		}
		if now.Wanted > before && now.State == "applied" && now.Version == now.Wanted {
			return held, took, nil
		}
		measure.Pause(ctx, 5*time.Millisecond)
	}
	return 0, 0, errors.New("an edit was not applied within 30 s")
}

// opens presses the Open button of one site after the other and gives how long each answer took, in milliseconds, and how many were not done.
func (l *live) opens(ctx context.Context, n int) (took []float64, lost int, err error) {
	for i := range n {
		one := l.sites[i%len(l.sites)]
		var out stack.Opened
		d, err := timed(func() error { return l.client.Do(ctx, "POST", one.device+"/relays/1/open", nil, &out) })
		if err != nil {
			return nil, 0, err
		}
		took = append(took, milliseconds(d))
		if out.Result != "done" {
			lost++
		}
	}
	return took, lost, nil
}
