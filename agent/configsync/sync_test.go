package configsync_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/agent/configsync"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Rows 1 and 21 of the failure table: announcements and chunks are lost, doubled and reordered, the link and the power go
// away anywhere, edits come faster than they travel: in the end both sides hold one document, and the version never fell.
//
// shows EDGE-05/R04 EDGE-05/R05 by agent/configsync/step.go: "return s, []Effect{Use{From: p.Start, Version: p.Version, Sealed: whole}}" => "return s, nil"
func TestSync_DocumentsAreEqualAfterQuiet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "configsync")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		b := newBox(t, dir)
		defer func() { b.stop() }()
		c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
		c.edit(func(d *desired.Document) {
			for n := range uint64(rapid.SampledFrom([]int{1, 900}).Draw(t, "size")) {
				c.building(d, n)
			}
		})
		var up []wire.Pull
		var down []configsync.Input
		collect := func() {
			if b.line != nil {
				up = append(up, b.line.pulls...)
				b.line.pulls = nil
			}
		}
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "which") }
		var most uint64
		t.Repeat(map[string]func(*rapid.T){
			"edit": func(*rapid.T) {
				c.edit(func(d *desired.Document) {
					if n := uint64(pick(40)); n < 30 {
						c.building(d, n)
					} else {
						d.Delete(desired.SectionBuildings, desired.Key(buildingID(n-30)))
					}
				})
			},
			"announce": func(*rapid.T) {
				if b.line != nil {
					down = append(down, configsync.Announced{Announce: c.announce(b.version(), rapid.Bool().Draw(t, "inline"))})
				}
			},
			"beat":    func(*rapid.T) { down = append(down, configsync.Compared{Head: c.head()}) },
			"connect": func(*rapid.T) { b.connect(c); collect() },
			"cut":     func(*rapid.T) { b.c.End(ctx); b.line = nil },
			"wait": func(*rapid.T) {
				b.clock.now = b.clock.now.Add(time.Duration(pick(40)) * time.Second)
				b.c.Turn(ctx)
				collect()
			},
			"pulled": func(*rapid.T) {
				if len(up) > 0 {
					i := pick(len(up))
					down = append(down, configsync.Came{Chunk: c.pull(up[i])})
					if rapid.Bool().Draw(t, "once") {
						up = slices.Delete(up, i, i+1)
					}
				}
			},
			"arrive": func(*rapid.T) {
				if len(down) > 0 {
					i := pick(len(down))
					b.c.Take(ctx, down[i])
					collect()
					if rapid.Bool().Draw(t, "once") {
						down = slices.Delete(down, i, i+1)
					}
				}
			},
			"lose": func(*rapid.T) {
				if len(down) > 0 {
					i := pick(len(down))
					down = slices.Delete(down, i, i+1)
				}
			},
			// Rarer than the crash guard counts.
			"power": func(*rapid.T) { b.clock.now = b.clock.now.Add(11 * time.Minute); b.stop(); b.start() },
			"": func(t *rapid.T) {
				v := b.version()
				if v < most {
					t.Fatalf("version %d after %d", v, most)
				}
				most = v
				if view := b.c.Current(); view == nil || view.Version != v {
					t.Fatalf("the view is %v, the disk has %d", view, v)
				}
			},
		})
		b.quiet(c)
		if n := b.c.Repairs(); n != 0 {
			t.Fatalf("%d repairs of equal versions", n)
		}
		if len(b.c.Current().Buildings) != c.doc.Len(desired.SectionBuildings) {
			t.Fatal("the view is of another document")
		}
	})
}

// shows EDGE-31/R09 by agent/configsync/sync.go: "s.held, s.doc = held, doc" => "s.held = held"
func TestSync_RestartsWithoutCloud(t *testing.T) {
	b := newBox(t, t.TempDir())
	if v := b.c.Current(); v == nil || v.Version != 0 {
		t.Fatalf("%+v", v)
	}
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	c.edit(func(d *desired.Document) { c.building(d, 1) })
	b.quiet(c)
	b.stop()
	b.start()
	if v := b.c.Current(); v.Version != 1 || len(v.Buildings) != 1 {
		t.Fatalf("%+v", v)
	}
	// The document itself is back, not only its view: the next delta starts from it.
	c.edit(func(d *desired.Document) { c.building(d, 2) })
	b.connect(c)
	b.c.Take(ctx, configsync.Announced{Announce: c.announce(1, true)})
	if v := b.c.Current(); v.Version != 2 || len(v.Buildings) != 2 {
		t.Fatalf("%+v", v)
	}
	b.stop()
}

// shows EDGE-05/R04 by agent/configsync/step.go: "return s, []Effect{Tell{}} // late" => "_ = s"
func TestSync_OlderVersionIsIgnoredAndAnsweredWithWhatIsHeld(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer b.stop()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	c.edit(func(d *desired.Document) { c.building(d, 1) })
	old := c.announce(0, true)
	c.edit(func(d *desired.Document) { c.building(d, 2) })
	b.quiet(c)
	b.c.Received(envelope(t, wire.KindReported, wire.Reported{Seq: 99}))
	b.c.Turn(ctx) // tells the version that came
	b.c.Received(envelope(t, wire.KindReported, wire.Reported{Seq: 99}))
	b.line.reports = nil
	b.c.Take(ctx, configsync.Announced{Announce: old})
	b.c.Turn(ctx)
	if v := b.c.Current(); v.Version != 2 || len(v.Buildings) != 2 {
		t.Fatalf("%+v", v)
	}
	if len(b.line.reports) != 1 || b.line.reports[0].Version != 2 {
		t.Fatalf("%+v", b.line.reports)
	}
}

func envelope(t testing.TB, kind wire.Kind, body any) wire.Envelope {
	t.Helper()
	raw, err := wire.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Envelope{Proto: wire.Proto, Kind: kind, Body: raw}
}

// Row 19, first half: a version that cannot be read is refused, told and not asked for again; the next one heals.
//
// shows EDGE-05 by agent/configsync/run.go: "return s.reject(ctx, e.Version, err)" => "_ = err"
func TestSync_UnreadableVersionIsRejected(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer b.stop()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	c.edit(func(d *desired.Document) { c.building(d, 1) })
	b.quiet(c)
	c.edit(func(d *desired.Document) { d.Put(desired.SectionDevices, desired.Key{1}, []byte{0xa0}) }) // a device without anything
	b.c.Take(ctx, configsync.Announced{Announce: c.announce(1, true)})
	b.line.pulls = nil
	for range 10 {
		b.clock.now = b.clock.now.Add(time.Minute)
		b.c.Take(ctx, configsync.Compared{Head: c.head()})
		b.c.Turn(ctx)
	}
	if _, _, rejected := b.c.Held(); rejected != 2 || b.version() != 1 || len(b.line.pulls) != 0 || !b.said("rejected", 2) {
		t.Fatalf("rejected %d, held %d, %d pulls", rejected, b.version(), len(b.line.pulls))
	}
	b.stop()
	b.start()
	if _, _, rejected := b.c.Held(); rejected != 2 {
		t.Fatal("the rejection is forgotten")
	}
	c.edit(func(d *desired.Document) { d.Delete(desired.SectionDevices, desired.Key{1}) })
	b.quiet(c)
}

// Row 19, second half: three starts within ten minutes on a version that was never good: the last good one runs.
//
// shows EDGE-05 by agent/configsync/sync.go: "broken := starts >= crashStarts" => "broken := starts < 0"
func TestFailure19_VersionThatCrashesTheAgentIsLeft(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer func() { b.stop() }()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	c.edit(func(d *desired.Document) { c.building(d, 1) })
	b.quiet(c)
	b.clock.now = b.clock.now.Add(time.Minute)
	b.c.Turn(ctx) // it has run: good
	c.edit(func(d *desired.Document) { c.building(d, 2); c.building(d, 1) })
	b.quiet(c)
	want := []uint64{2, 2, 1}
	for i, v := range want {
		b.stop()
		b.clock.now = b.clock.now.Add(2 * time.Second)
		b.start()
		if b.version() != v {
			t.Fatalf("start %d runs version %d, want %d", i+1, b.version(), v)
		}
	}
	if _, _, rejected := b.c.Held(); rejected != 2 || !b.said("rejected", 2) || len(b.c.Current().Buildings) != 1 {
		t.Fatalf("rejected %d", rejected)
	}
	b.connect(c)
	b.c.Turn(ctx)
	if b.line.reports[0].Rejected != 2 || b.line.reports[0].Version != 1 || len(b.line.pulls) != 0 {
		t.Fatalf("%+v, %d pulls", b.line.reports, len(b.line.pulls))
	}
	c.edit(func(d *desired.Document) { c.building(d, 3) })
	b.quiet(c)
}

// A stop on purpose is no crash, and neither is one after the version has run for a while.
func TestSync_OrdinaryRestartsAreNoCrash(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer func() { b.stop() }()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	c.edit(func(d *desired.Document) { c.building(d, 1) })
	b.quiet(c)
	for range 6 {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_ = b.c.Run(ended)
		b.stop()
		b.start()
	}
	if b.version() != 1 {
		t.Fatal("ordinary restarts count as crashes")
	}
	b.clock.now = b.clock.now.Add(time.Minute)
	b.c.Turn(ctx)
	for range 6 {
		b.stop()
		b.start()
	}
	if b.version() != 1 {
		t.Fatal("a version that has run well was left")
	}
}

// Row 22: a payload of many chunks is resumed after a break and after a restart of nothing but the line.
//
// shows EDGE-05/R05 by agent/configsync/step.go: "q.Whole = p.Whole"
func TestSync_ChunksAreResumed(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer b.stop()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	c.edit(func(d *desired.Document) {
		for n := range uint64(3000) {
			c.building(d, n)
		}
	})
	asked := map[uint32]int{}
	b.connect(c)
	for i := 0; b.version() == 0 && i < 100; i++ {
		b.c.Turn(ctx)
		pulls := b.line.pulls
		b.line.pulls = nil
		for _, p := range pulls {
			asked[p.Index]++
			b.c.Take(ctx, configsync.Came{Chunk: c.pull(p)})
		}
		if i%2 == 1 {
			b.c.End(ctx)
			b.connect(c)
			if b.line.reports[0].Version != b.version() {
				t.Fatal("the report after the welcome is wrong")
			}
		}
	}
	if b.version() != 1 || len(asked) < 4 {
		t.Fatalf("version %d after %d chunks", b.version(), len(asked))
	}
	for index, n := range asked {
		if n > 2 {
			t.Errorf("chunk %d was asked for %d times", index, n)
		}
	}
}

// Hostile chunks reserve no memory and change nothing.
func TestSync_HostileChunksChangeNothing(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer b.stop()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	c.edit(func(d *desired.Document) { c.building(d, 1) })
	b.connect(c)
	for _, k := range []wire.Chunk{
		{Version: 1, Count: 1 << 31, Data: []byte{1}},
		{Version: 1, Count: 0, Data: []byte{1}},
		{Version: 1, Count: 1},
		{Version: 1, Count: 2, Index: 5, Data: []byte{1}},
		{Version: 1, Count: 1, Data: make([]byte, wire.MaxChunk+1)},
		{Version: 1, Count: 1, From: 77, Data: []byte{1}},
		{Version: 1, Count: 1, Data: []byte("not what the digest says")},
	} {
		b.c.Take(ctx, configsync.Came{Chunk: k})
	}
	if b.version() != 0 {
		t.Fatal("a hostile chunk was used")
	}
	b.quiet(c)
}

// Equal versions with unequal hashes are repaired by the whole document, after the second beat.
//
// shows EDGE-05 by agent/configsync/step.go: "s.Whole = true // repair" => "_ = s"
func TestSync_UnequalHashesAreRepaired(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer b.stop()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	c.edit(func(d *desired.Document) { c.building(d, 1) })
	b.quiet(c)
	c.building(c.doc, 2) // the same version, another document: a bug of somebody
	b.quiet(c)
	if b.c.Repairs() != 1 || len(b.c.Current().Buildings) != 2 {
		t.Fatalf("%d repairs", b.c.Repairs())
	}
}

// Trust travels in the document and is stored with it; half a key is refused with the version.
//
// shows EDGE-05 by agent/configsync/run.go: "if err := s.cfg.Shelf.SaveTrust(ctx, view.Trust.Roots, view.Trust.CommandKeys); err != nil {" => "if err := error(nil); err != nil {"
func TestSync_TrustIsStored(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer b.stop()
	if err := b.s.Adopt(ctx, identity()); err != nil {
		t.Fatal(err)
	}
	public, _, _ := ed25519.GenerateKey(rand.Reader)
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	trust := func(key []byte) {
		body, err := desired.Encode(desired.Trust{CommandKeys: [][]byte{key}, Roots: [][]byte{rootDER(t)}})
		if err != nil {
			t.Fatal(err)
		}
		c.edit(func(d *desired.Document) { d.Put(desired.SectionTrust, desired.Key{}, body) })
	}
	trust(public)
	b.quiet(c)
	id, _, err := b.s.Identity(ctx)
	if err != nil || len(id.CommandKeys) != 1 || !slices.Equal(id.CommandKeys[0], public) || len(id.Roots) != 1 {
		t.Fatalf("%+v %v", id, err)
	}
	trust(public[:31])
	b.c.Take(ctx, configsync.Announced{Announce: c.announce(1, true)})
	if _, _, rejected := b.c.Held(); rejected != 2 {
		t.Fatal("half a key was taken")
	}
	if id, _, _ = b.s.Identity(ctx); len(id.CommandKeys[0]) != ed25519.PublicKeySize {
		t.Fatal("half a key was stored")
	}
}

// Receipts are told until they are acknowledged, in full after each welcome, and survive a restart.
//
// shows BEY-07 by agent/configsync/reports.go: "r.dirty[id] = true // said again" => "_ = id"
func TestSync_ReceiptsAreToldUntilAcknowledged(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer func() { b.stop() }()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	b.connect(c)
	if len(b.line.reports) != 1 || !b.line.reports[0].Full {
		t.Fatalf("%+v", b.line.reports)
	}
	b.c.Received(envelope(t, wire.KindReported, wire.Reported{Seq: 1}))
	dev := wire.DeviceReport{DeviceID: domain.DeviceID{1}, State: wire.ReceiptWritten, Version: 4, Online: true, SeenMilli: 1}
	b.c.Report(dev)
	b.c.Turn(ctx)
	if len(b.line.reports) != 2 || b.line.reports[1].Full || len(b.line.reports[1].Devices) != 1 {
		t.Fatalf("%+v", b.line.reports)
	}
	dev.SeenMilli = 2 // seen again is no change
	b.c.Report(dev)
	b.c.Turn(ctx)
	if len(b.line.reports) != 2 {
		t.Fatal("seen again was told as a change")
	}
	b.clock.now = b.clock.now.Add(6 * time.Second)
	b.c.Turn(ctx)
	if len(b.line.reports) != 3 || len(b.line.reports[2].Devices) != 1 {
		t.Fatalf("not told again: %+v", b.line.reports)
	}
	b.c.Received(envelope(t, wire.KindReported, wire.Reported{Seq: 3}))
	b.clock.now = b.clock.now.Add(time.Minute)
	b.c.Turn(ctx)
	if len(b.line.reports) != 3 {
		t.Fatal("told after it was acknowledged")
	}
	b.stop()
	b.start()
	if got := b.c.Receipts(); len(got) != 1 || got[0].State != wire.ReceiptWritten {
		t.Fatalf("%+v", got)
	}
	b.connect(c)
	if r := b.line.reports[0]; !r.Full || len(r.Devices) != 1 {
		t.Fatalf("%+v", r)
	}
}

// A thousand devices fit into messages, each once, and no part claims to be the whole account.
func TestSync_ManyReceiptsTravelInParts(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer b.stop()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	long := make([]byte, 5000)
	for i := range long {
		long[i] = 'm'
	}
	for i := range 1000 {
		b.c.Report(wire.DeviceReport{DeviceID: domain.DeviceID{byte(i), byte(i >> 8), 1}, State: wire.ReceiptApplied, Model: string(long)})
	}
	b.connect(c)
	seen := map[domain.DeviceID]int{}
	for i := 0; len(seen) < 1000 && i < 100; i++ {
		r := b.line.reports[len(b.line.reports)-1]
		if r.Full {
			t.Fatal("a part claims to be the whole account")
		}
		for _, d := range r.Devices {
			seen[d.DeviceID]++
		}
		b.c.Received(envelope(t, wire.KindReported, wire.Reported{Seq: r.Seq}))
		b.c.Turn(ctx)
	}
	if len(seen) != 1000 {
		t.Fatalf("%d devices were told", len(seen))
	}
}

// The loop runs, tells its watchers and ends.
func TestSync_RunTellsWatchers(t *testing.T) {
	b := newBox(t, t.TempDir())
	defer b.stop()
	c := newCloud(t, b.agent, b.key.PublicKey().Bytes())
	c.edit(func(d *desired.Document) { c.building(d, 1) })
	seen := make(chan uint64, 4)
	b.c.OnChange(func(v *desired.View) { seen <- v.Version })
	changed := b.c.Subscribe()
	life, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.c.Run(life) })
	b.c.Opened(&session{}, wire.Welcome{Config: c.version, ConfigHash: c.doc.Hash()})
	b.c.Received(envelope(t, wire.KindAnnounce, c.announce(0, true)))
	if v := <-seen; v != 1 {
		t.Fatal(v)
	}
	<-changed
	b.c.Closed()
	cancel()
	wg.Wait()
}
