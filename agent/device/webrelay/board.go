package webrelay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
)

var (
	_ device.Driver     = (*Board)(nil)
	_ device.Configurer = (*Board)(nil)
	_ device.Opener     = (*Board)(nil)
)

// Options are what a Board works with.
type Options struct {
	Web        web.Options
	Neighbours func(netip.Addr) (domain.MAC, bool)
}

// Board is one board. It is safe for concurrent use.
type Board struct {
	client     *web.Client
	neighbours func(netip.Addr) (domain.MAC, bool)

	mu    sync.Mutex
	at    netip.Addr
	wants map[string]string // what is asked, by setting; nil: nobody has said yet
}

// New makes a driver; Use says where the board is.
func New(opts Options) *Board {
	return &Board{client: web.New(opts.Web), neighbours: opts.Neighbours}
}

// Use sets where and how the board is reached from now on.
func (b *Board) Use(access device.Access) {
	b.mu.Lock()
	b.at = access.Addr.Addr()
	b.mu.Unlock()
	b.client.Use(access)
}

// Identify gives the card that answers at the address. The request is there to be answered, whatever the answer.
func (b *Board) Identify(ctx context.Context) (device.Identity, error) {
	const op = "identify"
	if _, err := b.client.Do(ctx, web.Call{Op: op, Method: http.MethodGet, Path: "/", Open: true}); err != nil {
		return device.Identity{}, err
	}
	b.mu.Lock()
	at := b.at
	b.mu.Unlock()
	card, ok := b.neighbours(at)
	if !ok {
		return device.Identity{}, &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("no network card is known at its address: a board behind a router cannot be told from another")}
	}
	return device.Identity{MAC: card, Model: "web relay"}, nil
}

// Configure notes what is asked for which relay. On the board itself nothing is written.
func (b *Board) Configure(_ context.Context, want device.Wanted) error {
	b.note(want)
	return nil
}

// ReadBack names the lines that say nothing which could be asked.
func (b *Board) ReadBack(_ context.Context, want device.Wanted) (device.Reading, error) {
	return device.Reading{Refused: b.note(want)}, nil
}

func (b *Board) note(want device.Wanted) (refused []string) {
	wants, refused := requests(want.Lines)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wants = wants
	return refused
}

// Trigger asks for a pulse of a relay, once. The board lets go by its own clock, or by that of its settings; 0 asks for it to stay.
func (b *Board) Trigger(ctx context.Context, relay int, hold time.Duration) error {
	const op = "trigger relay"
	b.mu.Lock()
	wants := b.wants
	b.mu.Unlock()
	path, ok := request(wants, relay, hold)
	if !ok {
		return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("nothing is known to ask for relay %d", relay)}
	}
	answer, err := b.client.Do(ctx, web.Call{Op: op, Method: http.MethodGet, Path: path, Urgent: true})
	switch {
	case err != nil:
		return err
	case answer.Status >= 500: // it failed at it, perhaps after the contact moved
		return &device.Error{Kind: device.Ambiguous, Op: op, Err: errors.New("status " + strconv.Itoa(answer.Status))}
	case answer.Status < 200 || answer.Status > 299: // a way elsewhere is not gone
		return &device.Error{Kind: device.Refused, Op: op, Err: errors.New("status " + strconv.Itoa(answer.Status))}
	}
	return nil
}
