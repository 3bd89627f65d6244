package sim

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"

	"vestibule/shared/sim/announce"
	"vestibule/shared/sim/modbusboard"
	"vestibule/shared/sim/relaybank"
)

// Board is a simulated relay board.
type Board struct {
	cfg   BoardConfig
	board *modbusboard.Board
}

// BoardState is a copy of a board at one moment.
type BoardState struct {
	Name     string `json:"name"`
	Model    string `json:"model"`
	Modbus   string `json:"modbus"` // host:port
	Requests int64  `json:"requests"`
	relaybank.Status
}

// Name is the board's name in the configuration.
func (b *Board) Name() string { return b.cfg.Name }

// Addr is where the board speaks Modbus TCP.
func (b *Board) Addr() netip.AddrPort { return b.board.Addr() }

// State is a copy of the board.
func (b *Board) State() BoardState {
	return BoardState{
		Name: b.cfg.Name, Model: b.cfg.Model, Modbus: b.Addr().String(), Requests: b.board.Requests(),
		Status: b.board.Bank().Status(),
	}
}

// SetDead takes the board's power, or gives it back; its relays drop.
func (b *Board) SetDead(dead bool) {
	b.board.SetDead(dead)
	if dead {
		b.board.Bank().PowerCycle()
	}
}

// Wait returns once cond holds for the relays.
func (b *Board) Wait(ctx context.Context, cond func(relaybank.Status) bool) error {
	return b.board.Bank().Wait(ctx, cond)
}

// WaitRelay returns once relay i (from 0) is in that state.
func (b *Board) WaitRelay(ctx context.Context, i int, on bool) error {
	return b.Wait(ctx, func(s relaybank.Status) bool { return i < len(s.Outputs) && s.Outputs[i] == on })
}

// Building is a set of simulated devices.
type Building struct {
	cfg        Config
	doorPhones []*DoorPhone
	monitors   []*Monitor
	boards     []*Board
	devices    map[string]*Device
	responder  *announce.Responder
	control    *control
}

// New opens the ports of every device; nothing is served before Run. After an error nothing stays open.
func New(cfg Config) (*Building, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	b := &Building{cfg: cfg, devices: map[string]*Device{}}
	if err := b.openAll(); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Building) openAll() error {
	for _, c := range b.cfg.DoorPhones {
		p, err := newDoorPhone(c)
		if err != nil {
			return err
		}
		b.doorPhones, b.devices[c.Name] = append(b.doorPhones, p), p.Device
	}
	for _, c := range b.cfg.Monitors {
		m, err := newMonitor(c)
		if err != nil {
			return err
		}
		b.monitors, b.devices[c.Name] = append(b.monitors, m), m.Device
	}
	for _, c := range b.cfg.Boards {
		at, err := endpoint(c.Address, c.Port)
		if err != nil {
			return err
		}
		board, err := modbusboard.Listen(at, c.Channels)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		b.boards = append(b.boards, &Board{cfg: c, board: board})
	}
	if err := b.announceAll(); err != nil || b.cfg.Control == "" {
		return err
	}
	var err error
	b.control, err = listenControl(b.cfg.Control, b)
	return err
}

func (b *Building) announceAll() error {
	if b.cfg.MDNS == "" {
		return nil
	}
	var err error
	if b.responder, err = announce.Listen(b.cfg.MDNS); err != nil {
		return err
	}
	for _, d := range b.devices {
		if d.handle, err = b.responder.Add(d.service()); err != nil {
			return err
		}
	}
	for i, board := range b.boards {
		_, err := b.responder.Add(announce.Service{
			Instance: board.cfg.Name, Type: "_modbus._tcp",
			Host: "sim-board-" + strconv.Itoa(i+1), Addr: board.Addr(),
			Text: map[string]string{"model": board.cfg.Model, "channels": strconv.Itoa(board.cfg.Channels)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Close frees the ports of a building that was never run.
func (b *Building) Close() {
	for _, d := range b.devices {
		d.close()
	}
	for _, board := range b.boards {
		board.board.Close()
	}
	if b.responder != nil {
		b.responder.Close()
	}
	if b.control != nil {
		b.control.close()
	}
}

// Run serves until ctx ends and then returns nil, or until a device fails.
func (b *Building) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failures []error
	serve := func(f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				mu.Lock()
				failures = append(failures, err)
				mu.Unlock()
				cancel()
			}
		})
	}
	for _, d := range b.devices {
		serve(d.run)
	}
	for _, board := range b.boards {
		serve(board.board.Run)
	}
	if b.responder != nil {
		serve(b.responder.Run)
	}
	if b.control != nil {
		serve(b.control.run)
	}
	wg.Wait()
	return errors.Join(failures...)
}

// DoorPhone is the door phone of that name, or nil.
func (b *Building) DoorPhone(name string) *DoorPhone {
	for _, p := range b.doorPhones {
		if p.Name() == name {
			return p
		}
	}
	return nil
}

// Monitor is the monitor of that name, or nil.
func (b *Building) Monitor(name string) *Monitor {
	for _, m := range b.monitors {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

// Board is the relay board of that name, or nil.
func (b *Building) Board(name string) *Board {
	for _, one := range b.boards {
		if one.Name() == name {
			return one
		}
	}
	return nil
}

// Device is the door phone or monitor of that name, or nil.
func (b *Building) Device(name string) *Device { return b.devices[name] }

// DoorPhones are all door phones in the order of the configuration.
func (b *Building) DoorPhones() []*DoorPhone { return append([]*DoorPhone(nil), b.doorPhones...) }

// Monitors are all monitors in the order of the configuration.
func (b *Building) Monitors() []*Monitor { return append([]*Monitor(nil), b.monitors...) }

// Boards are all relay boards in the order of the configuration.
func (b *Building) Boards() []*Board { return append([]*Board(nil), b.boards...) }
