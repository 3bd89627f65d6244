package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
)

// houseLines are enough for the agent's limits of each caller and of each address never to be met by a load that is spread over them.
const houseLines = 128

// house is a cloud, an agent on the core of the peers, and the devices of its site, all registered.
type house struct {
	*product
	*load
	dir    string   // of the agent, on the disk
	shelf  string   // of the cloud, in memory: its disk is another one in real life
	others []*phone // devices that only stand there
}

// newHouse makes a site whose devices register: 128 panels with an apartment of two monitors each, and more monitors up to a number of devices.
func newHouse(ctx context.Context, built measure.Programs, dir string, devices int) (*house, error) {
	var numbers []string
	for i := range houseLines {
		numbers = append(numbers, strconv.Itoa(101+i))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	shelf, err := os.MkdirTemp(memoryFolder(dir), "cloud-")
	if err != nil {
		return nil, err
	}
	h := &house{load: &load{}, dir: filepath.Join(dir, "agent"), shelf: shelf}
	if h.product, err = newCloud(ctx, built.Cloud, shelf, numbers...); err != nil {
		_ = os.RemoveAll(shelf)
		return nil, err
	}
	h.before = measure.OnPeerCore
	// The cloud is another machine in real life: the load goes first.
	if err := syscall.Setpriority(syscall.PRIO_PGRP, h.cloud.PID(), 19); err != nil {
		h.end()
		return nil, err
	}
	if err := h.fill(ctx, built.Agent, numbers, devices); err != nil {
		h.end()
		return nil, err
	}
	return h, nil
}

// end stops everything.
func (h *house) end() {
	h.load.close()
	for _, p := range h.others {
		_ = p.conn.Close()
	}
	h.product.end()
	_ = os.RemoveAll(h.shelf)
}

// memoryFolder is a folder that lies in memory, or the one given where there is none.
func memoryFolder(or string) string {
	const shared = "/dev/shm"
	if info, err := os.Stat(shared); err == nil && info.IsDir() {
		return shared
	}
	return or
}

func (h *house) fill(ctx context.Context, agent string, numbers []string, devices int) error {
	for i, number := range numbers {
		var three []*phone
		for j, kind := range []int{0, 2, 2} {
			form := stack.DeviceForm{Type: kind, Name: fmt.Sprintf("%s %s", []string{"Panel", "Hall", "Kitchen"}[j], number)}
			if kind == 2 {
				form.ApartmentID = h.site.Apartments[number]
			}
			one, err := h.deviceAt(ctx, 3*i+j, form)
			if err != nil {
				return err
			}
			three = append(three, one)
		}
		h.lines = append(h.lines, newLine(three[0], newMonitor(three[1], true), newMonitor(three[2], false), number, &h.pending))
	}
	// What only stands there has an apartment of its own.
	if err := h.site.AddApartment(ctx, h.client, "999"); err != nil {
		return err
	}
	for i := 3 * houseLines; i < devices; i++ {
		one, err := h.deviceAt(ctx, i, stack.DeviceForm{Type: 2, Name: fmt.Sprintf("Monitor %d", i), ApartmentID: h.site.Apartments["999"]})
		if err != nil {
			return err
		}
		h.others = append(h.others, one)
	}
	if err := h.join(ctx, agent, h.dir); err != nil {
		return err
	}
	return h.register()
}

// deviceAt makes the device of a number, with an address of its own: the agent bounds what it takes from one.
func (h *house) deviceAt(ctx context.Context, i int, form stack.DeviceForm) (*phone, error) {
	form.MAC = fmt.Sprintf("0C1107%06X", i)
	one, err := h.device(ctx, form)
	if err != nil {
		return nil, err
	}
	_ = one.conn.Close()
	return newPhoneAt(net.IPv4(127, 0, byte(1+i/200), byte(1+i%200)), one.user, one.pass)
}

// register signs all devices in, the panels too, and begins to serve.
func (h *house) register() error {
	all := append([]*phone(nil), h.others...)
	for _, l := range h.lines {
		all = append(all, l.panel, l.first.phone, l.second.phone)
	}
	for _, one := range all {
		if err := one.register(h.sip); err != nil {
			return fmt.Errorf("%w\nthe agent said: %s", err, h.agent.Said)
		}
	}
	h.serve()
	return nil
}

// way is the agent: each panel dials the number of its apartment.
func (h *house) way() way {
	at, _ := netip.ParseAddrPort(h.sip)
	return way{"agent", func(l *line) (netip.AddrPort, string) { return at, l.number }}
}

// straight is the way without anybody between: the panel calls the first monitor.
func straight() way {
	return way{"floor", func(l *line) (netip.AddrPort, string) {
		at, _ := netip.ParseAddrPort(l.first.address())
		return at, "m"
	}}
}

// warm makes some calls that are not counted; each panel meets its challenge in them.
func (h *load) warm(ctx context.Context, by way) error {
	rings, _, err := h.run(ctx, by, 50, 3*len(h.lines), 2*time.Second)
	if err != nil {
		return err
	}
	if n := served(rings); n < len(rings) {
		for _, r := range rings {
			if r.refused != "" {
				return fmt.Errorf("%s: %d of %d calls were served: %s", by.name, n, len(rings), r.refused)
			}
		}
	}
	return nil
}
