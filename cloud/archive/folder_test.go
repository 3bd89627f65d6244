package archive_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/cloud/archive"
	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

var errBroken = errors.New("the database went away")

// rows gives so many rows, and then an error when there is one.
func rows(n int, end error) iter.Seq2[eventlog.Stored, error] {
	return func(yield func(eventlog.Stored, error) bool) {
		for i := range n {
			r := eventlog.Stored{Received: time.UnixMilli(1000).UTC(), Row: wire.Row{Seq: uint64(i + 1), Kind: domain.EventDoor, WallMilli: 5, Body: []byte{0xa0}}}
			if !yield(r, nil) {
				return
			}
		}
		if end != nil {
			yield(eventlog.Stored{}, end)
		}
	}
}

// A file is there whole or not at all; what is written again takes its place, and a file that somebody changed is not read.
//
// shows BEY-22 by cloud/archive/folder.go: "if sum := sha256.Sum256(raw); !strings.HasPrefix(string(said), hex.EncodeToString(sum[:])+\" \") {" => "if _ = said; false {"
// shows BEY-22 by cloud/archive/folder.go: "return os.Rename(path+\".part\", path)" => "return nil"
func TestArchive_AFileIsWholeOrNotThere(t *testing.T) {
	f, site, month := archive.Folder{Dir: filepath.Join(t.TempDir(), "log")}, domain.SiteID{1}, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	path := f.Path(site, month, domain.EventDoor)
	if err := f.Put(t.Context(), site, month, domain.EventDoor, rows(3, errBroken)); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("half a month lies there: %v %v", left, err)
	}
	if err := f.Put(t.Context(), site, month, domain.EventDoor, rows(3, nil)); err != nil {
		t.Fatal(err)
	}
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Put(dead, site, month, domain.EventDoor, rows(2, nil)); err == nil {
		t.Error("written after the end")
	}
	got, err := archive.Read(path, site)
	if err != nil || len(got) != 3 || got[2].Row.Seq != 3 || got[2].Received.UnixMilli() != 1000 {
		t.Fatalf("%+v %v", got, err)
	}
	if err := f.Put(t.Context(), site, month, domain.EventDoor, rows(4, nil)); err != nil {
		t.Fatal(err)
	}
	if got, err := archive.Read(path, site); err != nil || len(got) != 4 {
		t.Errorf("%d rows after writing again: %v", len(got), err)
	}
	if err := f.Put(t.Context(), site, month, domain.EventCall, rows(2, nil)); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(f.Path(site, month, domain.EventCall)) // as good a file as any, and another
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Read(path, site); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("a changed file is read: %v", err)
	}
}
