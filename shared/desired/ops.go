package desired

import (
	"bytes"

	"vestibule/shared/fault"
)

// Op puts (Body set) or deletes (Body empty) one entity.
type Op struct {
	Section Section `cbor:"1,keyasint"`
	Key     Key     `cbor:"2,keyasint"`
	Body    []byte  `cbor:"3,keyasint,omitempty"`
}

// Delta turns the document with hash FromHash into the one with hash ToHash. From 0 starts from the empty document: a snapshot.
type Delta struct {
	From     uint64 `cbor:"1,keyasint"`
	FromHash Hash   `cbor:"2,keyasint"`
	To       uint64 `cbor:"3,keyasint"`
	ToHash   Hash   `cbor:"4,keyasint"`
	Ops      []Op   `cbor:"5,keyasint"`
}

// Diff lists what turns from into to, by section and key. Sections with equal digests are not looked into.
func Diff(from, to *Document) []Op {
	var ops []Op
	for _, sec := range unionSections(from, to) {
		if from.SectionHash(sec) == to.SectionHash(sec) {
			continue
		}
		for _, key := range from.Keys(sec) {
			if to.Body(sec, key) == nil {
				ops = append(ops, Op{Section: sec, Key: key})
			}
		}
		for _, key := range to.Keys(sec) {
			if body := to.Body(sec, key); !bytes.Equal(from.Body(sec, key), body) {
				ops = append(ops, Op{Section: sec, Key: key, Body: body})
			}
		}
	}
	return ops
}

func unionSections(a, b *Document) []Section {
	var out []Section
	for sec := range 256 {
		if a.sections[Section(sec)] != nil || b.sections[Section(sec)] != nil {
			out = append(out, Section(sec))
		}
	}
	return out
}

// Snapshot lists the whole document as puts.
func Snapshot(d *Document) []Op { return Diff(New(), d) }

// Apply gives the document after delta and leaves d as it is. A delta made for another document, or one that does not
// end in its own hash, is a Conflict: the caller asks for a snapshot.
func Apply(d *Document, delta Delta) (*Document, error) {
	next := d.Clone()
	if delta.From == 0 {
		next = New()
	} else if d.Hash() != delta.FromHash {
		return nil, fault.New(fault.Conflict, "The delta starts from another document.")
	}
	for _, op := range delta.Ops {
		if len(op.Body) == 0 {
			next.Delete(op.Section, op.Key)
		} else {
			next.Put(op.Section, op.Key, op.Body)
		}
	}
	if next.Hash() != delta.ToHash {
		return nil, fault.New(fault.Conflict, "The delta does not end in the document it names.")
	}
	return next, nil
}
