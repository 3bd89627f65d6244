package legfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"vestibule/agent/sip/sipstate"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Name is the file inside the data folder.
const Name = "legs.log"

// Sizes in bytes, and times.
const (
	head      = 8               // of an entry: length and checksum of its body, big-endian
	mostBody  = 64 << 10        // a body that claims more is damage
	tight     = 1 << 20         // above this size the file is written anew, unless most of it still counts
	syncAfter = 1 * time.Second // from a change to its sync
)

// entry is one change: a leg's newest state, or its end.
type entry struct {
	SIPCallID string     `cbor:"1,keyasint"`
	Leg       *storedLeg `cbor:"2,keyasint,omitempty"` // nil: forgotten
}

// storedLeg is a leg in the file; its fields are those of sipstate.Leg.
type storedLeg struct {
	CallID     domain.CallID   `cbor:"1,keyasint"`
	DeviceID   domain.DeviceID `cbor:"2,keyasint"`
	SIPCallID  string          `cbor:"3,keyasint"`
	LocalTag   string          `cbor:"4,keyasint"`
	RemoteTag  string          `cbor:"5,keyasint"`
	LocalURI   string          `cbor:"6,keyasint"`
	RemoteURI  string          `cbor:"7,keyasint"`
	Target     string          `cbor:"8,keyasint"`
	Via        string          `cbor:"9,keyasint"`
	CSeqMethod string          `cbor:"10,keyasint"`
	CSeq       uint32          `cbor:"11,keyasint"`
	State      string          `cbor:"12,keyasint"`
	Route      []string        `cbor:"13,keyasint,omitempty"`
	Carrier    string          `cbor:"14,keyasint,omitempty"`
	Transport  string          `cbor:"15,keyasint,omitempty"`
}

// File is the open file; several goroutines may use it.
type File struct {
	path string
	log  *slog.Logger

	mu    sync.Mutex
	f     *os.File
	live  map[string][]byte // entries that count, by SIP Call-ID
	kept  int64             // bytes of live
	size  int64
	dirty *time.Timer // until the sync; nil: everything is synced
}

// Open opens or makes the file in dir and reads it. An entry that was cut off, or is damaged, ends the reading: what follows it is lost.
func Open(dir string, log *slog.Logger) (*File, error) {
	l := &File{path: filepath.Join(dir, Name), log: log, live: map[string][]byte{}}
	raw, err := os.ReadFile(l.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("live legs: %w", err)
	}
	for len(raw) > 0 {
		e, whole, ok := next(raw)
		if !ok {
			log.Warn("the end of the live legs cannot be read", slog.Int(logkey.Bytes, len(raw)))
			break
		}
		raw = raw[len(whole):]
		l.count(e, whole)
	}
	return l, l.rewrite()
}

// next reads the first entry of raw.
func next(raw []byte) (e entry, whole []byte, ok bool) {
	if len(raw) < head {
		return e, nil, false
	}
	n := int(binary.BigEndian.Uint32(raw))
	if n > mostBody || len(raw) < head+n {
		return e, nil, false
	}
	body := raw[head : head+n]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(raw[4:]) || wire.Unmarshal(body, &e) != nil || e.SIPCallID == "" {
		return e, nil, false
	}
	return e, raw[:head+n], true
}

// count takes an entry into what counts.
func (l *File) count(e entry, whole []byte) {
	l.kept -= int64(len(l.live[e.SIPCallID]))
	delete(l.live, e.SIPCallID)
	if e.Leg != nil {
		l.live[e.SIPCallID] = whole
		l.kept += int64(len(whole))
	}
}

// rewrite puts what counts into a new file in the old one's place.
func (l *File) rewrite() error {
	f, err := os.OpenFile(l.path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("live legs: %w", err)
	}
	_, err = f.Write(slices.Concat(slices.Collect(maps.Values(l.live))...))
	if err == nil {
		err = os.Rename(l.path+".new", l.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("live legs: %w", err), f.Close())
	}
	if l.f != nil {
		_ = l.f.Close()
	}
	l.f, l.size = f, l.kept
	return nil
}

// PutLeg stores the newest state of a leg; its SIP Call-ID names it.
func (l *File) PutLeg(leg sipstate.Leg) error {
	stored := storedLeg(leg)
	return l.add(entry{leg.SIPCallID, &stored})
}

// DeleteLeg forgets a leg that has ended.
func (l *File) DeleteLeg(sipCallID string) error {
	return l.add(entry{SIPCallID: sipCallID})
}

func (l *File) add(e entry) error {
	body, err := wire.Marshal(e)
	if err != nil {
		return fmt.Errorf("live leg: %w", err)
	}
	if len(body) > mostBody {
		return fmt.Errorf("live leg: %d bytes are over the limit of %d", len(body), mostBody)
	}
	whole := make([]byte, head, head+len(body))
	binary.BigEndian.PutUint32(whole, uint32(len(body))) //nolint:gosec // at most mostBody
	binary.BigEndian.PutUint32(whole[4:], crc32.ChecksumIEEE(body))
	whole = append(whole, body...)
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Leg == nil && l.live[e.SIPCallID] == nil {
		return nil
	}
	if l.f == nil {
		return fmt.Errorf("live leg: %w", os.ErrClosed)
	}
	n, err := l.f.WriteAt(whole, l.size) // half an entry on a full disk is written over by the next
	if err != nil {
		return fmt.Errorf("live leg: %d of %d bytes written: %w", n, len(whole), err)
	}
	l.size += int64(len(whole))
	l.count(e, whole)
	if l.size > max(tight, 2*l.kept) {
		if err := l.rewrite(); err != nil {
			l.log.Warn("the live legs were not written anew", slog.Any(logkey.Err, err)) // the old file goes on growing
		}
	}
	if l.dirty == nil {
		l.dirty = time.AfterFunc(syncAfter, l.sync)
	}
	return nil
}

// sync brings to the disk what was written.
func (l *File) sync() {
	l.mu.Lock()
	f := l.f
	l.dirty = nil
	l.mu.Unlock()
	if f != nil {
		_ = f.Sync() // a file that was replaced or closed meanwhile needs none
	}
}

// Legs lists the legs that live.
func (l *File) Legs() ([]sipstate.Leg, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []sipstate.Leg
	for _, id := range slices.Sorted(maps.Keys(l.live)) {
		if e, _, ok := next(l.live[id]); ok {
			out = append(out, sipstate.Leg(*e.Leg))
		}
	}
	return out, nil
}

// Close syncs and closes the file.
func (l *File) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dirty != nil {
		l.dirty.Stop()
	}
	if l.f == nil {
		return nil
	}
	err := errors.Join(l.f.Sync(), l.f.Close())
	l.f = nil
	return err
}
