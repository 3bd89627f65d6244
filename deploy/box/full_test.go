package box

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// ownMounts lets a test go on in a child of this program that has mounts of its own, which go with it. It gives false in the parent, when the child has ended.
func ownMounts(t *testing.T) bool {
	t.Helper()
	const entered = "VESTIBULE_BOX_MOUNTS"
	if os.Getenv(entered) != "" {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v", "-test.timeout=10m") //nolint:gosec // this very program
	cmd.Env = append(os.Environ(), entered+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("the child: %v", err)
	}
	return false
}

// volume is a file system with so much room, for one part of the product alone.
func volume(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("volume", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fill takes the last byte of a volume; empty gives all of it back.
func fill(t *testing.T, dir string) (empty func()) {
	t.Helper()
	path := filepath.Join(dir, "others")
	others, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer others.Close()
	for size := 1 << 16; size > 0; {
		if _, err := others.Write(make([]byte, size)); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			size /= 2
		}
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// asked opens a door, and tells whether the cloud said that it is done.
func (p *plant) asked(g door, key string) bool {
	a, err := p.open(p.t.Context(), g, key)
	return err == nil && a.Result == domain.ActDone
}

// The disk of the cloud is full to the last byte while the building goes on, and the cloud is killed on it. Nothing that it could not store was acknowledged: when there
// is room again all of it arrives, once.
//
// shows EDGE-06/R06 EDGE-06/R07 by cloud/hub/route.go: "ack, err := r.jobs.Events.Take(ctx, agent, b)" => "ack, err := r.jobs.Events.Take(ctx, agent, b); if err != nil { ack, err = wire.Ack{Epoch: b.Epoch, Stream: b.Stream, Through: b.Rows[len(b.Rows)-1].Seq}, nil }"
func TestFull_TheCloudAcknowledgesNothingThatItCouldNotStore(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	p := newPlant(t, cloudSetting{Dir: volume(t, "48m")}, t.TempDir(), "", 2*domain.MaxRelays)
	p.reach()
	empty := fill(t, p.ofCloud.Dir)
	g := p.all[0]
	refused := 0
	for n := 0; refused < 3; n++ {
		if n > 2000 {
			t.Fatal("the full disk takes everything")
		}
		if !p.asked(g, fmt.Sprint("full-", n)) {
			refused++
		}
	}
	for n := range 20 { // by hand: the agent sees it, and cannot tell it
		_ = p.boards[0].Bank().Set(perBoard-1, n%2 == 0, "hand")
		<-time.After(300 * time.Millisecond)
	}
	p.agent.kill()
	p.startAgent()
	p.cloud.kill()
	empty()
	p.startCloud()
	n := p.judge(false)
	t.Logf("the disk of the cloud was full: %d rows, %d acts seen by the boards; lost %d, doubled %d", n.rows, n.acts, n.lost, n.doubled)
}

// The disk of the agent is full to the last byte, and the agent is killed on it and starts on it again. Doors open all the same. What it had no room for is
// a hole that says so; everything else is with the cloud, once.
//
// shows EDGE-06/R08 BEY-04 by agent/store/store.go: "s.giveReserve()"
func TestFull_TheAgentOpensDoorsAndSaysWhatItCouldNotKeep(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	p := newPlant(t, cloudSetting{Dir: t.TempDir()}, volume(t, "12m"), "", 2*domain.MaxRelays)
	p.reach()
	empty := fill(t, p.ofAgent.Dir)
	g := p.all[0]
	for n := range 100 {
		if !p.asked(g, fmt.Sprint("full-", n)) {
			t.Fatalf("opening %d on a full disk is not done", n)
		}
	}
	p.agent.kill()
	p.startAgent()
	p.reach()
	for n := range 50 {
		if !p.asked(g, fmt.Sprint("again-", n)) {
			t.Fatalf("opening %d after a restart on a full disk is not done", n)
		}
	}
	empty()
	n := p.judge(true)
	t.Logf("the disk of the agent was full: %d rows, %d holes, %d acts seen by the boards; lost without a word %d, doubled %d", n.rows, n.gaps, n.acts, n.lost, n.doubled)
}
