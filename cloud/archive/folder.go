package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Folder is an archive in a folder: <folder>/<site>/<2026-10>/<kind>.ndjson.zst, and beside each file one of the same name with .sha256 behind it, as
// sha256sum writes it.
type Folder struct{ Dir string }

// others names the file of all kinds that have none of their own.
const others = "log"

// line is one row: readable, and whole as the agent wrote it.
type line struct {
	Event eventlog.Event `json:"event"`
	Row   []byte         `json:"row"`   // CBOR, base64
	Names []byte         `json:"names"` // CBOR, base64: words of that day for ids

	Device    domain.DeviceID    `json:"device_id,omitzero"`
	Apartment domain.ApartmentID `json:"apartment_id,omitzero"`
}

// Path is where the rows of a month lie.
func (f Folder) Path(site domain.SiteID, month time.Time, kind domain.EventKind) string {
	name := string(kind)
	if name == "" {
		name = others
	}
	return filepath.Join(f.Dir, site.String(), month.UTC().Format("2006-01"), name+".ndjson.zst")
}

// Put writes the rows of a month and returns once they are on the disk. The same month written again takes the place of the first.
func (f Folder) Put(ctx context.Context, site domain.SiteID, month time.Time, kind domain.EventKind, rows iter.Seq2[eventlog.Stored, error]) error {
	path := f.Path(site, month, kind)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	sum := sha256.New()
	err := settled(path, func(out io.Writer) error { return write(ctx, io.MultiWriter(out, sum), rows) })
	if err != nil {
		return err
	}
	digest := hex.EncodeToString(sum.Sum(nil)) + "  " + filepath.Base(path) + "\n"
	if err := settled(path+".sha256", func(out io.Writer) error {
		_, err := io.WriteString(out, digest)
		return err
	}); err != nil {
		return err
	}
	for at := dir; ; at = filepath.Dir(at) { // new folders are names in the ones above
		if err := sync(at); err != nil || at == filepath.Clean(f.Dir) {
			return err
		}
	}
}

// settled writes a file beside its place, waits until it is on the disk, and puts it there.
func settled(path string, fill func(io.Writer) error) error {
	out, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = fill(out)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, os.Remove(path+".part"))
	}
	return os.Rename(path+".part", path)
}

func sync(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func write(ctx context.Context, out io.Writer, rows iter.Seq2[eventlog.Stored, error]) error {
	packed, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return err
	}
	lines := json.NewEncoder(packed)
	lines.SetEscapeHTML(false)
	for r, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return errors.Join(err, packed.Close())
		}
		row, err := wire.Marshal(r.Row)
		if err != nil {
			return err
		}
		if err := lines.Encode(line{Event: r.Event(), Row: row, Names: r.Names, Device: r.Device, Apartment: r.Apartment}); err != nil {
			return err
		}
	}
	return packed.Close()
}

// Read gives the rows of a file, after it has looked whether the file is the one that its digest was written for.
func Read(path string, site domain.SiteID) ([]eventlog.Stored, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	said, err := os.ReadFile(path + ".sha256")
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(raw); !strings.HasPrefix(string(said), hex.EncodeToString(sum[:])+" ") {
		return nil, fmt.Errorf("%s is not what was archived: %w", path, fs.ErrInvalid)
	}
	in, err := zstd.NewReader(strings.NewReader(string(raw)), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var out []eventlog.Stored
	for lines := json.NewDecoder(in); ; {
		var l line
		err := lines.Decode(&l)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		r := eventlog.Stored{
			Site: site, Agent: l.Event.Agent, Epoch: l.Event.Epoch, Received: l.Event.ReceivedAt, Device: l.Device, Apartment: l.Apartment, Names: l.Names,
		}
		if err := wire.Unmarshal(l.Row, &r.Row); err != nil {
			return nil, err
		}
		r.Stream = domain.StreamOf(r.Row.Kind)
		out = append(out, r)
	}
}
