package box

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/cloudtest"
	"vestibule/deploy/stack"
	"vestibule/shared/domain"
	"vestibule/shared/sim/modbusboard"
	"vestibule/shared/wire"
)

// perBoard is how many doors hang on one board: all that a board may have.
const perBoard = domain.MaxChannels

// doors are the doors of a site: relays of door phones that hang on simulated boards. The boards know nothing of agent and cloud, and their record of
// orders is what everything is counted against.
type doors struct {
	path   string // of the site
	client *stack.Client
	boards []*modbusboard.Board
	all    []door
	read   []int // orders of each board that were judged
}

// door is one of them.
type door struct {
	device      string
	relay       int // of the device
	board, coil int
}

// newDoors makes a site with n doors; every second board lets go by its own clock.
func newDoors(t *testing.T, c cloudtest.Client, n int) *doors {
	t.Helper()
	d := &doors{client: stack.NewClient(c.URL, c.Token)}
	var house, group string
	d.path, house, group = site(t, c)
	for b := 0; len(d.all) < n; b++ {
		board, err := modbusboard.Listen(netip.MustParseAddrPort("127.0.0.1:0"), perBoard)
		if err != nil {
			t.Fatal(err)
		}
		live(t, func(ctx context.Context) error { _ = board.Run(ctx); return nil })
		d.boards, d.read = append(d.boards, board), append(d.read, 0)
		id := cloudtest.Want[named](t, c, http.StatusCreated, http.MethodPost, d.path+"/boards", map[string]any{
			"group_id": group, "name": fmt.Sprint("Board ", b), "profile": []string{"modbus-coils", "waveshare"}[b%2],
			"address": board.Addr().String(), "unit": 1, "channels": perBoard,
		}).ID
		for coil := 0; coil < perBoard && len(d.all) < n; coil += domain.MaxRelays {
			d.phone(t, c, house, group, id, b, coil)
		}
	}
	return d
}

// phone makes a door phone whose relays are coils of a board.
func (d *doors) phone(t *testing.T, c cloudtest.Client, house, group, board string, b, coil int) {
	t.Helper()
	var relays []map[string]any
	for i := range domain.MaxRelays {
		relays = append(relays, map[string]any{
			"number": i + 1, "name": fmt.Sprint("Door ", coil+i), "enabled": true, "dtmf": fmt.Sprint(i), "mode": "momentary", "hold_ms": 300, "board_id": board, "channel": coil + i + 1,
		})
	}
	id := cloudtest.Want[named](t, c, http.StatusCreated, http.MethodPost, d.path+"/devices", map[string]any{
		"type": 0, "mac": fmt.Sprintf("0C1105%06X", b*perBoard+coil+1), "name": fmt.Sprint("Phone ", b, " ", coil), "group_id": group, "building_id": house,
		"driver": "manual", "dtmf_method": "unknown", "relays": relays,
	}).ID
	for i := range relays {
		d.all = append(d.all, door{id, i + 1, b, coil + i})
	}
}

// ask is one command and what the cloud says came of it.
type ask struct {
	door     door
	ID       string           `json:"command_id"`
	Result   domain.ActResult `json:"result"`
	Reason   domain.Reason    `json:"reason"`
	Late     domain.ActResult `json:"late_result"` // the agent's own word, when it came after the cloud's guess
	IssuedAt time.Time        `json:"issued_at"`

	asked, answered time.Time // by the test's own clock, where it keeps them
}

// told is the last word about it.
func (a ask) told() domain.ActResult {
	if a.Late != "" {
		return a.Late
	}
	return a.Result
}

// open asks for a door with a key of its own.
func (d *doors) open(ctx context.Context, g door, key string) (ask, error) {
	a := ask{door: g}
	err := d.client.Do(ctx, http.MethodPost, fmt.Sprint(d.path, "/devices/", g.device, "/relays/", g.relay, "/open"), nil, &a, "Idempotency-Key", key)
	return a, err
}

// offline tells whether the cloud said that nothing was sent.
func offline(err error) bool {
	var p *stack.Problem
	return errors.As(err, &p) && p.Code == "offline"
}

// command reads what is known of a command now.
func (d *doors) command(t *testing.T, a ask) ask {
	t.Helper()
	now := ask{door: a.door}
	if err := d.client.Do(t.Context(), http.MethodGet, d.path+"/commands/"+a.ID, nil, &now); err != nil {
		t.Fatal(err)
	}
	return now
}

// acts are the orders to open that a board got for each door, those alone that were not judged before.
func (d *doors) acts() map[door][]time.Time {
	by := map[[2]int]door{}
	for _, g := range d.all {
		by[[2]int{g.board, g.coil}] = g
	}
	out := map[door][]time.Time{}
	for b, board := range d.boards {
		writes := board.Unit().Writes()
		for _, w := range writes[d.read[b]:] {
			if w.On {
				g := by[[2]int{b, w.Relay}]
				out[g] = append(out[g], w.At)
			}
		}
		d.read[b] = len(writes)
	}
	return out
}

// row is a row of the site's log.
type row struct {
	Kind, Epoch, Stream string
	AgentID             string `json:"agent_id"`
	Seq                 uint64
	Body                map[string]any
}

// rows gives the log, newest first; no kind means all.
func (d *doors) rows(t *testing.T, kinds ...string) []row {
	t.Helper()
	var all []row
	for before := ""; ; {
		var page struct {
			Items []row
			Next  string
		}
		path := fmt.Sprint(d.path, "/events?limit=500&kind=", strings.Join(kinds, ","), "&before=", before)
		if err := d.client.Do(t.Context(), http.MethodGet, path, nil, &page); err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Items...)
		if before = page.Next; before == "" {
			return all
		}
	}
}

// whole wants that the log verifies.
func (d *doors) whole(t *testing.T) {
	t.Helper()
	var found struct {
		Whole  bool
		Chains []any
	}
	if err := d.client.Do(t.Context(), http.MethodGet, d.path+"/events/verify", nil, &found); err != nil || !found.Whole {
		t.Errorf("the log is not whole: %v %+v", err, found)
	}
}

// online waits until the site's agent has a session and holds the newest version.
func (d *doors) online(t *testing.T) {
	t.Helper()
	eventually(t, patience, "the agent is online with the newest version", func() bool {
		var site struct{ Version uint64 }
		var agents struct {
			Items []struct {
				Held     uint64 `json:"held_version"`
				Presence struct{ State string }
			}
		}
		err := errors.Join(d.client.Do(t.Context(), http.MethodGet, d.path, nil, &site), d.client.Do(t.Context(), http.MethodGet, d.path+"/agents", nil, &agents))
		return err == nil && len(agents.Items) == 1 && agents.Items[0].Presence.State == "online" && agents.Items[0].Held == site.Version
	})
}

// ttl is how long a command to a door may take.
var ttl = wire.CommandDoorOpen.TTL()
