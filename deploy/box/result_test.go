package box

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"vestibule/shared/domain"
)

// The broker has acknowledged the result of an opening, and the cloud dies before it is stored. The door moved once, the agent holds the result for told, and
// still it arrives: with the row of the log. Who asks again with the same key is told it, and no door moves again.
//
// shows BEY-04 EDGE-16/R40 by cloud/eventlog/service.go: "if err = s.pass(ctx, agent, rows); err != nil {" => "if err != nil {"
func TestResult_ArrivesThoughTheCloudDiedBeforeItWasStored(t *testing.T) {
	program := filepath.Join(t.TempDir(), "vestibule-cloud")
	build := exec.Command("go", "build", "-trimpath", "-tags", "crashpoints", "-o", program, "vestibule/cmd/vestibule-cloud")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := newPlant(t, cloudSetting{Dir: t.TempDir()}, t.TempDir(), program, 2*domain.MaxRelays)
	p.reach()
	p.cloud.kill()
	p.startCloud("VESTIBULE_CRASH_AT=command.before_commit")
	g := p.all[0]
	eventually(t, patience, "the cloud dies of the result", func() bool {
		_, err := p.open(t.Context(), g, "once")
		return err != nil && !offline(err) && p.cloud.ended()
	})
	if moved := len(p.acts()[g]); moved != 1 {
		t.Fatalf("the door moved %d times", moved)
	}
	p.startCloud()
	var last ask
	eventually(t, patience, "the result arrives", func() bool {
		again, err := p.open(t.Context(), g, "once")
		if err != nil {
			return false
		}
		last = p.command(t, again)
		return last.told() == domain.ActDone
	})
	p.reach()
	if moved := len(p.acts()[g]); moved != 0 {
		t.Errorf("the door moved %d times more", moved)
	}
	n := 0
	for _, r := range p.rows(t, "command") {
		if r.Body["command_id"] == last.ID {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the command stands in the log %d times", n)
	}
}
