package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/webapi"
)

const (
	crowdLone   = "devices: one alone, until it was read back"
	crowdMiddle = "devices: a healthy one among the dead and the slow, median"
	crowdLast   = "devices: the last healthy one"
	crowdSpread = "devices: from the first healthy one to the last"
	crowdRatio  = "devices: the last healthy one as a multiple of one alone"
	crowdAll    = "devices: all that answer, the slow ones too"
)

var wantedCrowd = []string{crowdLone, crowdMiddle, crowdLast, crowdSpread, crowdRatio, crowdAll}

// crowd says how many devices a site has, and how many of them are dead or slow.
type crowd struct{ devices, dead, slow int }

const (
	slowAnswer = 2 * time.Second // of a slow device, to anything
	quietFor   = 8 * time.Second // a device that is not asked for so long is done with; it is looked at again only after half a minute
)

// measureCrowd brings a whole site to its document: a real agent, and devices that answer as real ones do, with the pauses they need.
func measureCrowd(ctx context.Context, dir string, built measure.Programs, n amounts) ([]figure, error) {
	lone, _, err := reconcile(ctx, filepath.Join(dir, "lone"), built, crowd{devices: 1})
	if err != nil {
		return nil, err
	}
	healthy, slow, err := reconcile(ctx, filepath.Join(dir, "crowd"), built, n.crowd)
	if err != nil {
		return nil, err
	}
	how := fmt.Sprintf("of %d devices %d never answer and %d take %v for each answer; from the first question of the agent to the last before a rest of %v",
		n.crowd.devices, n.crowd.dead, n.crowd.slow, slowAnswer, quietFor)
	last := slices.Max(healthy)
	return []figure{
		{crowdLone, lone[0], "s", "a door phone with one relay, from the factory; the gap between two requests is the product's"},
		{crowdMiddle, measure.Percentile(healthy, 50), "s", how},
		{crowdLast, last, "s", "the same"},
		{crowdSpread, last - slices.Min(healthy), "s", "the same"},
		{crowdRatio, last / lone[0], "x", "the same"},
		{crowdAll, max(last, slices.Max(append(slow, 0))), "s", "the same"},
	}, nil
}

// phoneOfCrowd is a simulated door phone that notes when it was asked.
type phoneOfCrowd struct {
	*webapi.Server
	slow        bool
	mu          sync.Mutex
	first, last time.Time
}

// asked notes a question; those after a rest are another round.
func (p *phoneOfCrowd) asked() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.first.IsZero() {
		p.first = now
	}
	if p.last.IsZero() || now.Sub(p.last) < quietFor {
		p.last = now
	}
}

// newPhoneOfCrowd opens a door phone and serves it until ctx ends.
func newPhoneOfCrowd(ctx context.Context, mac string, slow bool) (*phoneOfCrowd, error) {
	p := &phoneOfCrowd{slow: slow}
	server, err := webapi.Listen(webapi.Options{
		Addr: netip.MustParseAddrPort("127.0.0.1:0"), User: "api", Password: "bench", Settings: webapi.NewSettings(true, nil),
		Contacts: &webapi.Contacts{}, Bank: relaybank.New(2), Answered: p.asked,
		Identity: webapi.Identity{Model: "R29", MAC: mac, Firmware: "29.30.10.205", Hardware: "29.0"},
	})
	if err != nil {
		return nil, err
	}
	p.Server = server
	if slow {
		server.SetQuirks(webapi.Quirks{LatencyMillis: int(slowAnswer / time.Millisecond)})
	}
	go func() { _ = server.Run(ctx) }()
	return p, nil
}

// reconcile starts a cloud with a site of devices, joins an agent, and gives how many seconds each device took that answers.
func reconcile(ctx context.Context, dir string, built measure.Programs, n crowd) (healthy, slow []float64, err error) {
	p, err := newCloud(ctx, built.Cloud, filepath.Join(dir, "cloud"), "101", "102", "103")
	if err != nil {
		return nil, nil, err
	}
	defer p.end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var phones []*phoneOfCrowd
	for i := range n.devices {
		mac := fmt.Sprintf("0C1108%06X", i)
		hole, err := net.Listen("tcp4", "127.0.0.1:0") // takes connections and never says a word
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = hole.Close() }()
		at := hole.Addr().String()
		if i >= n.dead {
			one, err := newPhoneOfCrowd(ctx, mac, i < n.dead+n.slow)
			if err != nil {
				return nil, nil, err
			}
			phones, at = append(phones, one), one.Addr().String()
		}
		if _, err := p.site.AddDevice(ctx, p.client, stack.DeviceForm{
			MAC: mac, Name: fmt.Sprintf("Gate %d", i+1), Driver: "akuvox", DTMFMethod: "info", Address: at, APIUser: "api", APIPassword: "bench",
		}); err != nil {
			return nil, nil, err
		}
	}
	if err := p.join(ctx, built.Agent, filepath.Join(dir, "agent")); err != nil {
		return nil, nil, err
	}
	if err := p.open(ctx, n.dead); err != nil {
		return nil, nil, err
	}
	healthy, slow = took(phones)
	if len(healthy) == 0 {
		return nil, nil, errors.New("no healthy device")
	}
	return healthy, slow, nil
}

// open waits until that many devices and no more do not hold what the document says.
func (p *product) open(ctx context.Context, want int) error {
	return measure.Eventually(ctx, 3*time.Minute, fmt.Sprintf("all devices but %d hold the document", want), func() (bool, error) {
		var list struct {
			Items []struct {
				Name string `json:"name"`
			} `json:"items"`
			Total int `json:"total"`
		}
		err := p.client.Do(ctx, "GET", p.site.Path("/devices?receipt=open&limit=1"), nil, &list)
		return err == nil && max(list.Total, len(list.Items)) == want, err
	})
}

// took gives the seconds from the first question that any device heard to the last that each heard.
func took(phones []*phoneOfCrowd) (healthy, slow []float64) {
	var begun time.Time
	for _, p := range phones {
		p.mu.Lock()
		if begun.IsZero() || p.first.Before(begun) {
			begun = p.first
		}
		p.mu.Unlock()
	}
	for _, p := range phones {
		p.mu.Lock()
		seconds := p.last.Sub(begun).Seconds()
		p.mu.Unlock()
		if p.slow {
			slow = append(slow, seconds)
		} else {
			healthy = append(healthy, seconds)
		}
	}
	return healthy, slow
}
