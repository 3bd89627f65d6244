package store_test

import (
	"bytes"
	"errors"
	"fmt"
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
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=volume", "VESTIBULE_VOLUME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.HasSuffix(out, []byte(volumeHeld)) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// volumeHeld is what the process with the small volume says when everything was as it should be.
const volumeHeld = "every door row is stored\n"

// fillVolume is the process with the small volume.
func fillVolume() error {
	volume := os.Getenv("VESTIBULE_VOLUME")
	if err := syscall.Mount("volume", volume, "tmpfs", 0, "size=8m"); err != nil {
		return err
	}
	s, err := store.Open(ctx, filepath.Join(volume, "data"))
	if err != nil {
		return err
	}
	o := newOutbox(s)
	s.OnFull(o.MakeRoom)
	for range 2000 {
		if err := o.Append(ctx, domain.EventDeviceStatus, domain.StatusBody{Address: "192.0.2.1"}); err != nil {
			return err
		}
	}
	if err := fill(filepath.Join(volume, "others")); err != nil {
		return err
	}
	for i := range 1000 {
		if err := o.Append(ctx, domain.EventDoor, domain.DoorBody{By: "a digit in a call", Means: domain.MeansDTMF}); err != nil {
			return fmt.Errorf("door row %d: %w", i, err)
		}
	}
	if m, err := s.Marks(ctx); err != nil || m.Audit.Count != 1000 || m.Status.Dropped == 0 {
		return fmt.Errorf("%+v: %w", m, err)
	}
	if err := s.Close(); err != nil {
		return err
	}
	if s, err = store.Open(ctx, filepath.Join(volume, "data")); err != nil {
		return err
	}
	if again, err := s.Marks(ctx); err != nil || again.Audit.Count != 1000 {
		return fmt.Errorf("opened again: %+v: %w", again, err)
	}
	_, err = os.Stdout.WriteString(volumeHeld)
	return err
}

// fill writes a file until its volume has no byte left.
func fill(path string) error {
	others, err := os.Create(path)
	if err != nil {
		return err
	}
	defer others.Close()
	full := false
	for size := 1 << 16; size > 0; {
		if _, err := others.Write(make([]byte, size)); err != nil {
			if full = errors.Is(err, syscall.ENOSPC); !full {
				return err
			}
			size /= 2
		}
	}
	if !full {
		return errors.New("the volume is not full")
	}
	return nil
}
