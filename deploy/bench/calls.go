package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
)

const (
	callsDirect50 = "call set-up without agent, p50"
	callsDirect99 = "call set-up without agent, p99"
	callsAgent50  = "call set-up through agent, p50"
	callsAgent99  = "call set-up through agent, p99"
	callsAdded50  = "added by the agent, p50"
	callsAdded99  = "added by the agent, p99"
	callsProven50 = "of it after the challenge, p50"
	callsProven99 = "of it after the challenge, p99"
)

var wantedCalls = []string{
	callsDirect50, callsDirect99, callsAgent50, callsAgent99, callsAdded50, callsAdded99, callsProven50, callsProven99,
}

//go:embed testdata/monitor.xml
var monitorScenario []byte

// callEvery spaces calls: 20 a second.
const callEvery = 50 * time.Millisecond

// measureCalls times calls to one SIPp, straight and through the agent.
func measureCalls(ctx context.Context, dir string, built measure.Programs, n amounts) ([]figure, error) {
	p, err := newCloud(ctx, built.Cloud, filepath.Join(dir, "calls-cloud"), "101")
	if err != nil {
		return nil, err
	}
	defer p.end()
	panel, err := p.device(ctx, stack.DeviceForm{Type: 0, MAC: "0C11050B9801", Name: "Panel"})
	if err != nil {
		return nil, err
	}
	defer func() { _ = panel.conn.Close() }()
	monitor, err := p.device(ctx, stack.DeviceForm{Type: 2, MAC: "0C11050B9802", Name: "Kitchen", ApartmentID: p.site.Apartments["101"]})
	if err != nil {
		return nil, err
	}
	defer func() { _ = monitor.conn.Close() }()
	if err := p.join(ctx, built.Agent, filepath.Join(dir, "calls-agent")); err != nil {
		return nil, err
	}
	for _, one := range []*phone{panel, monitor} {
		if err := one.register(p.sip); err != nil {
			return nil, fmt.Errorf("%w\nthe agent said: %s", err, p.agent.Said)
		}
	}
	peer, err := takeOver(ctx, dir, monitor)
	if err != nil {
		return nil, err
	}
	defer peer.End(syscall.SIGKILL)
	direct, agent, err := series(ctx, panel, monitor.address(), p.sip, n.calls)
	if err != nil {
		return nil, fmt.Errorf("%w\nthe agent said: %s", err, p.agent.Said)
	}
	return judge(direct, agent, n.calls), nil
}

// device makes a device set up by hand and gives it a socket.
func (p *product) device(ctx context.Context, form stack.DeviceForm) (*phone, error) {
	form.Driver, form.DTMFMethod = "manual", "info"
	if _, err := p.site.AddDevice(ctx, p.client, form); err != nil {
		return nil, err
	}
	login, err := p.site.SIP(ctx, p.client, form.Name)
	if err != nil {
		return nil, err
	}
	return newPhone(login.User, login.Password)
}

// takeOver puts SIPp in the place of a registered phone: on the same port, answering at once.
func takeOver(ctx context.Context, dir string, of *phone) (*measure.Process, error) {
	file := filepath.Join(dir, "monitor.xml")
	if err := os.WriteFile(file, monitorScenario, 0o600); err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(of.address(), ":")
	_ = of.conn.Close()
	peer, err := measure.Start("SIPp", "sipp", "-sf", file, "-i", "127.0.0.1", "-p", port, "-nostdin", "-aa")
	if err != nil {
		return nil, err
	}
	number := 0
	if _, err := fmt.Sscan(port, &number); err != nil {
		return nil, err
	}
	return peer, measure.Eventually(ctx, 10*time.Second, "SIPp listens", func() (bool, error) {
		if peer.Ended() {
			return false, fmt.Errorf("SIPp ended: %w\n%s", peer.Err, peer.Said)
		}
		table, err := os.ReadFile("/proc/net/udp")
		return strings.Contains(string(table), fmt.Sprintf("0100007F:%04X ", number)), err
	})
}

// series calls n times each way in turn, after ten calls each way that are not counted.
func series(ctx context.Context, panel *phone, straight, through string, n int) (direct, agent []setup, err error) {
	tick := time.NewTicker(callEvery)
	defer tick.Stop()
	const warm = 10
	for i := range warm + n {
		for _, way := range []struct {
			server string
			into   *[]setup
		}{{straight, &direct}, {through, &agent}} {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
			took, err := panel.call(way.server, "101")
			if err != nil {
				return nil, nil, fmt.Errorf("call %d to %s: %w", i+1, way.server, err)
			}
			if i >= warm {
				*way.into = append(*way.into, took)
			}
		}
	}
	return direct, agent, nil
}

func judge(direct, agent []setup, n int) []figure {
	milli := func(of []setup, take func(setup) time.Duration) []float64 {
		var out []float64
		for _, s := range of {
			out = append(out, float64(take(s).Microseconds())/1000)
		}
		return out
	}
	whole := func(s setup) time.Duration { return s.whole }
	d, a := milli(direct, whole), milli(agent, whole)
	after := milli(agent, func(s setup) time.Duration { return s.proven })
	base := fmt.Sprintf("INVITE to 200, own UDP caller (µs clock), SIPp answers at once, %d calls, loopback", n)
	return []figure{
		{callsDirect50, measure.Percentile(d, 50), "ms", base},
		{callsDirect99, measure.Percentile(d, 99), "ms", base},
		{callsAgent50, measure.Percentile(a, 50), "ms", "the same caller and SIPp, from the first INVITE: the 401 challenge is in it"},
		{callsAgent99, measure.Percentile(a, 99), "ms", "the same"},
		{callsAdded50, measure.Percentile(a, 50) - measure.Percentile(d, 50), "ms", "difference of the two"},
		{callsAdded99, measure.Percentile(a, 99) - measure.Percentile(d, 99), "ms", "difference of the two"},
		{callsProven50, measure.Percentile(after, 50) - measure.Percentile(d, 50), "ms", "from the INVITE with proof, less the call without agent"},
		{callsProven99, measure.Percentile(after, 99) - measure.Percentile(d, 99), "ms", "the same"},
	}
}
