package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/shared/domain"
)

// Row 4, when the power goes: whatever was not synced is gone, and every row that was accepted is there, in a log that verify finds whole. The store lies on
// an ext4 volume on a loop device; a copy of the image under it holds what a disk holds when the power goes, for what was written and not synced is still
// in the kernel's memory. It needs root and loop devices; the mounts live in a namespace of the child and go away with it.
//
// shows EDGE-06/R06 by agent/store/store.go: "\"busy_timeout(5000)\", \"journal_mode(WAL)\", \"synchronous(FULL)\"," => "\"busy_timeout(5000)\", \"journal_mode(WAL)\", \"synchronous(OFF)\","
func TestFailure04_PowerCutAcceptedRowsSurvive(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=powercut", "VESTIBULE_VOLUME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.HasSuffix(out, []byte(powerHeld)) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// powerHeld is what the process says that lost its power and no row.
const powerHeld = "every accepted row is on the disk\n"

const (
	powerCuts  = 4
	rowsBefore = 25 // one by one, and as many again in one transaction, before each cut
	imageBytes = 24 << 20
)

// cutPower is the process on the volume.
func cutPower() error {
	dir := os.Getenv("VESTIBULE_VOLUME")
	image, disk := filepath.Join(dir, "image"), filepath.Join(dir, "disk")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate(image, imageBytes); err != nil {
		return err
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := command("mkfs.ext4", "-q", "-F", image); err != nil {
		return err
	}
	if err := mountImage(image, disk); err != nil {
		return err
	}
	s, err := store.Open(ctx, filepath.Join(disk, "data"))
	if err != nil {
		return err
	}
	o := newOutbox(s)
	careless, err := os.Create(filepath.Join(disk, "careless")) // never synced: what it loses shows that the power was cut
	if err != nil {
		return err
	}
	lost := false
	for cut := range powerCuts {
		for range rowsBefore {
			if _, err := careless.WriteString("said to be stored\n"); err != nil {
				return err
			}
			if err := o.Append(ctx, domain.EventDoor, domain.DoorBody{By: "a digit in a call"}); err != nil {
				return err
			}
		}
		if err := s.InTx(ctx, func(ctx context.Context) error { return appendMany(ctx, o, rowsBefore) }); err != nil {
			return err
		}
		held, err := afterCut(dir, image, uint64(2*rowsBefore*(cut+1)))
		if err != nil {
			return fmt.Errorf("cut %d: %w", cut+1, err)
		}
		lost = lost || held < int64(rowsBefore*(cut+1)*len("said to be stored\n"))
	}
	if !lost {
		return errors.New("what was not synced is there: no power was cut")
	}
	_, err = os.Stdout.WriteString(powerHeld)
	return errors.Join(err, s.Close(), careless.Close(), syscall.Unmount(disk, 0))
}

func appendMany(ctx context.Context, o *outbox.Outbox, n int) error {
	for range n {
		if err := o.Append(ctx, domain.EventDoor, domain.DoorBody{By: "a card"}); err != nil {
			return err
		}
	}
	return nil
}

// afterCut starts from the image as it is now, with want rows accepted, and tells how much of the careless file is there.
func afterCut(dir, image string, want uint64) (careless int64, err error) {
	copied, disk := filepath.Join(dir, "copy"), filepath.Join(dir, "after")
	if err := copyFile(image, copied); err != nil {
		return 0, err
	}
	if err := mountImage(copied, disk); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, syscall.Unmount(disk, 0)) }()
	s, err := store.Open(ctx, filepath.Join(disk, "data"))
	if err != nil {
		return 0, err
	}
	m, err := s.Marks(ctx)
	rows, rowsErr := s.Rows(ctx, domain.StreamAudit, 0, 1<<20, 1<<40)
	if err := errors.Join(err, rowsErr, s.Close()); err != nil {
		return 0, err
	}
	if m.Audit.Last != want || uint64(len(rows)) != want {
		return 0, fmt.Errorf("%d rows were accepted; the disk has %d and says %d", want, len(rows), m.Audit.Last)
	}
	if err := whole(filepath.Join(disk, "data")); err != nil {
		return 0, err
	}
	switch info, err := os.Stat(filepath.Join(disk, "careless")); {
	case errors.Is(err, os.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	default:
		return info.Size(), nil
	}
}

// whole lets verify walk the log.
func whole(dir string) error {
	log, err := store.OpenLog(ctx, dir)
	if err != nil {
		return err
	}
	found, err := outbox.Verify(ctx, log, domain.AgentID{}, func([]byte, string, []byte, []byte) bool { return true })
	for _, f := range found {
		if f.Bad != "" {
			err = errors.Join(err, fmt.Errorf("%+v", f))
		}
	}
	return errors.Join(err, log.Close())
}

func mountImage(image, at string) error {
	if err := os.MkdirAll(at, 0o700); err != nil {
		return err
	}
	return command("mount", "-o", "loop,noatime", image, at)
}

func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil { //nolint:gosec // the test's own words
		return fmt.Errorf("%s: %w: %s (this test needs root and a loop device)", name, err, out)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
