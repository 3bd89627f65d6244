package door

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vestibule/shared/domain"
)

// Files is a Journal of one small file an act in a folder: written and synced before the pulse, removed after the row.
type Files struct {
	folder string
	left   []Act // what the last process had begun
}

// NewFiles makes the folder if need be (0700) and reads what a stop left behind. Take it once a process, before the first Open.
func NewFiles(folder string) (*Files, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	f := &Files{folder: folder}
	return f, f.read()
}

type actID [16]byte

// Begin writes the act down; done forgets it.
func (f *Files) Begin(_ context.Context, body domain.DoorBody) (done func(), err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	id := domain.ID[actID](domain.NewID[domain.ID[actID]](time.Now()))
	path := filepath.Join(f.folder, id.String()+".act")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = file.Write(raw)
	if err = errors.Join(err, file.Sync(), file.Close(), f.sync()); err != nil {
		_ = os.Remove(path)
		return nil, err
	}
	return func() { _ = os.Remove(path) }, nil
}

// sync makes the folder's entries durable.
func (f *Files) sync() error {
	dir, err := os.Open(f.folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Interrupted tells what the last process had begun and not finished.
func (f *Files) Interrupted(context.Context) ([]Act, error) { return f.left, nil }

// read takes in what a stop left. A file that was cut off while it was written belongs to an act that never began: it is removed.
func (f *Files) read() error {
	entries, err := os.ReadDir(f.folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".act") {
			continue
		}
		path := filepath.Join(f.folder, e.Name())
		var body domain.DoorBody
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if json.Unmarshal(raw, &body) != nil {
			_ = os.Remove(path)
			continue
		}
		f.left = append(f.left, Act{Body: body, Done: func() { _ = os.Remove(path) }})
	}
	return nil
}
