package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

func soak() bool { return os.Getenv("VESTIBULE_SOAK") == "1" }

// Chance plays for eight minutes with buildings whose lines stall, hang, lose, double and reorder, whose disks fail and crash, and with a cloud that
// does the same. Every promise of doc.go holds, world after world.
//
// shows BEY-15 EDGE-06 by agent/outbox/rows.go: "digest, next = r.Digest, r.Seq+1" => "next = r.Seq+1"
func TestWorld_PromisesHold(t *testing.T) {
	worlds := 2
	if soak() {
		worlds = 2000
	}
	var sum outcome
	for seed := range worlds {
		out := play(settings{seed: uint64(seed) + 1, sites: 4, storms: storms})
		if out.Broken != nil {
			t.Errorf("make world SEED=%d: %v", seed+1, out.Broken)
		}
		sum.Events, sum.Rows, sum.Commands = sum.Events+out.Events, sum.Rows+out.Rows, sum.Commands+out.Commands
		sum.Doors, sum.Edits, sum.Crashes, sum.Restored = sum.Doors+out.Doors, sum.Edits+out.Edits, sum.Crashes+out.Crashes, sum.Restored+out.Restored
	}
	t.Logf("%d worlds: %d events, %d rows, %d commands, %d doors moved, %d edits, %d crashes, %d restored backups of the cloud",
		worlds, sum.Events, sum.Rows, sum.Commands, sum.Doors, sum.Edits, sum.Crashes, sum.Restored)
	if sum.Restored < worlds/10 || sum.Doors < 10*worlds || sum.Rows < 500*worlds || sum.Crashes < worlds {
		t.Errorf("not much happened: %+v", sum)
	}
}

// A great many buildings on one cloud.
func TestWorld_ManyBuildings(t *testing.T) {
	sites, storms := 15, 20*time.Second
	if soak() {
		sites, storms = 1000, 90*time.Second
	}
	out := play(settings{seed: 7, sites: sites, storms: storms})
	if out.Broken != nil {
		t.Errorf("%d buildings: %v", sites, out.Broken)
	}
	t.Logf("%d buildings: %+v", sites, out)
}

// The same seed is the same story, event for event.
func TestWorld_SeedReplays(t *testing.T) {
	s := settings{seed: 5, sites: 1, storms: 20 * time.Second}
	var first, again strings.Builder
	s.story = &first
	digest := play(s).Digest
	s.story = nil
	for range 19 {
		if got := play(s).Digest; got != digest {
			t.Fatalf("%s, then %s", digest, got)
		}
	}
	s.story = &again
	if play(s); first.String() != again.String() {
		t.Fatal("two stories of one seed")
	}
	s.seed = 6
	if play(s).Digest == digest {
		t.Fatal("another seed is the same world")
	}
}

// A rule taken out is found, and found again from its seed.
func TestWorld_PlantedBugsAreCaughtAndReplayed(t *testing.T) {
	for plant, word := range map[bug]string{
		forgetful:    "twice for one command",
		ageless:      "after it was asked for",
		acksTooEarly: "stands 0 times in the cloud",
	} {
		t.Run(string(plant), func(t *testing.T) {
			for seed := uint64(1); seed <= 40; seed++ {
				s := settings{seed: seed, sites: 2, storms: 100 * time.Second, plant: plant}
				out := play(s)
				if out.Broken == nil {
					continue
				}
				if !strings.Contains(out.Broken.Error(), word) {
					t.Logf("seed %d: found as: %v", seed, out.Broken)
					continue
				}
				if again := play(s); again.Broken == nil || again.Broken.Error() != out.Broken.Error() || again.Digest != out.Digest {
					t.Fatalf("seed %d does not replay: %v, then %v", seed, out.Broken, again.Broken)
				}
				t.Logf("%v", out.Broken)
				return
			}
			t.Fatal("nobody noticed")
		})
	}
}
