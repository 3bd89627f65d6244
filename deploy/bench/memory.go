package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
)

const (
	memoryIdle   = "agent: resident memory, empty site"
	memoryLoaded = "agent: resident memory, 1,000 devices"
	memoryHomes  = "agent: resident memory, site of 300 apartments"
)

var wantedMemory = []string{memoryIdle, memoryLoaded, memoryHomes}

// measureMemory reads the agent's resident memory before and after a thousand devices are configured, in one run of the agent.
func measureMemory(ctx context.Context, dir string, built measure.Programs, n amounts) ([]figure, error) {
	p, err := newCloud(ctx, built.Cloud, filepath.Join(dir, "memory-cloud"), "101")
	if err != nil {
		return nil, err
	}
	defer p.end()
	if err := p.join(ctx, built.Agent, filepath.Join(dir, "memory-agent")); err != nil {
		return nil, err
	}
	idle, err := measure.Settled(ctx, p.agent, n.settle)
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
	loaded, err := measure.Settled(ctx, p.agent, n.settle)
	if err != nil {
		return figures, err
	}
	how := fmt.Sprintf("the same agent after %d devices made one by one through the API, newest version held", n.devices)
	figures = append(figures, figure{memoryLoaded, loaded, "MiB", how})
	homes, err := memoryOfHomes(ctx, dir, built, n)
	return append(figures, homes...), err
}

// memoryOfHomes weighs an agent that was started with the document of a large house: its configuration lies on its disk, as after any restart.
func memoryOfHomes(ctx context.Context, dir string, built measure.Programs, n amounts) ([]figure, error) {
	var numbers []string
	for i := range n.apartments {
		numbers = append(numbers, strconv.Itoa(1001+i))
	}
	p, err := newCloud(ctx, built.Cloud, filepath.Join(dir, "homes-cloud"), numbers...)
	if err != nil {
		return nil, err
	}
	defer p.end()
	for i, number := range numbers {
		for j := range 3 {
			form := map[string]any{"apartment_id": p.site.Apartments[number], "first_name": pick(firstNames), "last_name": pick(lastNames), "email": fmt.Sprintf("p%d-%d@example.com", i, j)}
			if err := p.client.Do(ctx, "POST", p.site.Path("/people"), form, nil); err != nil {
				return nil, err
			}
			if j == 0 {
				continue
			}
			if _, err := p.site.AddDevice(ctx, p.client, stack.DeviceForm{
				Type: 2, MAC: fmt.Sprintf("0C1108%06X", 3*i+j), Name: fmt.Sprintf("Monitor %s %d", number, j), ApartmentID: p.site.Apartments[number], Driver: "manual", DTMFMethod: "info",
			}); err != nil {
				return nil, err
			}
		}
	}
	home := filepath.Join(dir, "homes-agent")
	if err := p.join(ctx, built.Agent, home); err != nil {
		return nil, err
	}
	p.agent.End(syscall.SIGTERM)
	if err := p.startAgent(built.Agent, home, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if err := p.inStep(ctx); err != nil {
		return nil, err
	}
	weight, err := measure.Settled(ctx, p.agent, n.settle)
	how := fmt.Sprintf("VmRSS, idle and online, started with the document on its disk: %d apartments, %d people, %d devices", n.apartments, 3*n.apartments, 2*n.apartments)
	return []figure{{memoryHomes, weight, "MiB", how}}, err
}
