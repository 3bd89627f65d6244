package store_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"vestibule/agent/store"
	"vestibule/shared/domain"
)

// Row 30, on a real volume: others have filled it to the last byte, and door rows are still stored. The volume lives in a
// mount namespace of a child of its own and goes away with it.
//
// shows EDGE-06/R08 by agent/store/store.go: "s.giveReserve()"
func TestFullVolume_DoorRowsAreStored(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullVolume_Child$")
	cmd.Env = append(os.Environ(), "VESTIBULE_VOLUME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("PASS")) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestFullVolume_Child is the process with the small volume.
func TestFullVolume_Child(t *testing.T) {
	volume := os.Getenv("VESTIBULE_VOLUME")
	if volume == "" {
		t.Skip("only as a child of TestFullVolume_DoorRowsAreStored")
	}
	if err := syscall.Mount("volume", volume, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatal(err)
	}
	s := must(store.Open(ctx, filepath.Join(volume, "data")))
	o := newOutbox(s)
	s.OnFull(o.MakeRoom)
	for range 2000 {
		if err := o.Append(ctx, domain.EventDeviceStatus, domain.StatusBody{Address: "192.0.2.1"}); err != nil {
			t.Fatal(err)
		}
	}
	others := must(os.Create(filepath.Join(volume, "others")))
	full := false
	for size := 1 << 16; size > 0; {
		if _, err := others.Write(make([]byte, size)); err != nil {
			if full = errors.Is(err, syscall.ENOSPC); !full {
				t.Fatal(err)
			}
			size /= 2
		}
	}
	if !full {
		t.Fatal("the volume is not full")
	}
	for i := range 1000 {
		if err := o.Append(ctx, domain.EventDoor, domain.DoorBody{By: "a digit in a call", Means: domain.MeansDTMF}); err != nil {
			t.Fatalf("door row %d: %v", i, err)
		}
	}
	m := must(s.Marks(ctx))
	if m.Audit.Count != 1000 || m.Status.Dropped == 0 {
		t.Fatalf("%+v", m)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = must(store.Open(ctx, filepath.Join(volume, "data")))
	if again := must(s.Marks(ctx)); again.Audit.Count != 1000 {
		t.Fatalf("%+v", again)
	}
}
