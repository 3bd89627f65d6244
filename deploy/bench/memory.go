package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestibule/deploy/stack"
)

const (
	memoryIdle   = "agent: resident memory, empty site"
	memoryLoaded = "agent: resident memory, 1,000 devices"
)

var wantedMemory = []string{memoryIdle, memoryLoaded}

// measureMemory reads the agent's resident memory before and after a thousand devices are configured, in one run of the agent.
func measureMemory(ctx context.Context, dir string, built programs, n amounts) ([]figure, error) {
	p, err := newCloud(ctx, built.cloud, filepath.Join(dir, "memory-cloud"), "101")
	if err != nil {
		return nil, err
	}
	defer p.end()
	if err := p.join(ctx, built.agent, filepath.Join(dir, "memory-agent")); err != nil {
		return nil, err
	}
	idle, err := settled(ctx, p.agent, n.settle)
	if err != nil {
		return nil, err
	}
	figures := []figure{{memoryIdle, idle, "MiB", "VmRSS of the static program, claimed, online, standing still for " + n.settle.String()}}
	for i := range n.devices {
		_, err := p.site.AddDevice(ctx, p.client, stack.DeviceForm{
			Type: 2, MAC: fmt.Sprintf("0C1106%06X", i), Name: fmt.Sprintf("Monitor %d", i+1), ApartmentID: p.site.Apartments["101"],
			Driver: "manual", DTMFMethod: "info",
		})
		if err != nil {
			return figures, err
		}
	}
	if err := p.inStep(ctx); err != nil {
		return figures, err
	}
	loaded, err := settled(ctx, p.agent, n.settle)
	if err != nil {
		return figures, err
	}
	how := fmt.Sprintf("the same agent after %d devices made one by one through the API, newest version held", n.devices)
	return append(figures, figure{memoryLoaded, loaded, "MiB", how}), nil
}

// settled gives the resident memory in MiB once it moved by less than 1 % for some time, at most after 20 s.
func settled(ctx context.Context, p *process, still time.Duration) (float64, error) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	keep := int(still / (250 * time.Millisecond))
	var last []float64
	for range 80 {
		now, err := resident(p.cmd.Process.Pid)
		if err != nil {
			return math.NaN(), err
		}
		last = append(last, now)
		last = last[max(0, len(last)-keep):]
		if len(last) == keep && slices.Max(last) <= 1.01*slices.Min(last) {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return math.NaN(), ctx.Err()
		}
	}
	return last[len(last)-1], nil
}

// resident gives the resident memory in MiB.
func resident(pid int) (float64, error) { return statusOf(pid, "VmRSS:") }

// statusOf reads an amount of memory of a process (proc_pid_status(5)) in MiB.
func statusOf(pid int, name string) (float64, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return math.NaN(), err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return float64(kib) / 1024, err
		}
	}
	return math.NaN(), fmt.Errorf("process %d has no %s", pid, name)
}
