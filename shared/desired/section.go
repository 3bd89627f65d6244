package desired

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// entity is one entry of a section.
type entity struct {
	key    Key
	body   []byte // canonical CBOR, never changed in place
	digest Hash
}

// mostInPart bounds a part: what an edit copies.
const mostInPart = 128

// part is a run of entities in the order of their keys. Documents share parts: only the one named by owner may change it.
type part struct {
	owner    *owner
	entities []entity
}

// owner is the right of one document, between two clonings, to change parts in place.
type owner struct{ _ byte }

// section holds entities in the order of their keys, in parts that are never empty. A clone copies the list of parts and an edit one part, so that
// the edit of one entity costs little however large the section is.
type section struct {
	parts  []*part
	digest Hash
	stale  bool
}

func (s *section) clone() *section {
	return &section{parts: slices.Clone(s.parts), digest: s.digest, stale: s.stale}
}

// find gives the part and the place in it where key stands or belongs.
func (s *section) find(key Key) (in, at int, found bool) {
	in, _ = slices.BinarySearchFunc(s.parts, key, func(p *part, key Key) int {
		last := p.entities[len(p.entities)-1].key
		return bytes.Compare(last[:], key[:])
	})
	if in == len(s.parts) {
		return in, 0, false
	}
	at, found = slices.BinarySearchFunc(s.parts[in].entities, key, func(e entity, key Key) int { return bytes.Compare(e.key[:], key[:]) })
	return in, at, found
}

// body gives an entity's bytes; nil when absent.
func (s *section) body(key Key) []byte {
	in, at, found := s.find(key)
	if !found {
		return nil
	}
	return s.parts[in].entities[at].body
}

// own gives a part that o may change in place.
func (s *section) own(o *owner, in int) *part {
	p := s.parts[in]
	if p.owner != o {
		p = &part{owner: o, entities: slices.Clone(p.entities)}
		s.parts[in] = p
	}
	return p
}

func (s *section) put(o *owner, e entity) {
	s.stale = true
	in, at, found := s.find(e.key)
	if len(s.parts) == 0 {
		s.parts = []*part{{owner: o, entities: []entity{e}}}
		return
	}
	if in == len(s.parts) { // behind everything
		in--
		at = len(s.parts[in].entities)
	}
	if len(s.parts[in].entities) == mostInPart && !found {
		s.split(o, in, at)
		s.put(o, e)
		return
	}
	p := s.own(o, in)
	if found {
		p.entities[at] = e
		return
	}
	p.entities = slices.Insert(p.entities, at, e)
}

// split makes room in a full part: two halves, or a fresh part behind it when entities come in order.
func (s *section) split(o *owner, in, at int) {
	whole := s.parts[in].entities
	cut := len(whole) / 2
	if at == len(whole) {
		cut = at - 1
	}
	first := &part{owner: o, entities: slices.Clone(whole[:cut])}
	second := &part{owner: o, entities: slices.Clone(whole[cut:])}
	s.parts = slices.Replace(s.parts, in, in+1, first, second)
}

// remove takes an entity out and tells whether it was there.
func (s *section) remove(o *owner, key Key) bool {
	in, at, found := s.find(key)
	if !found {
		return false
	}
	s.stale = true
	if len(s.parts[in].entities) == 1 {
		s.parts = slices.Delete(s.parts, in, in+1)
		return true
	}
	p := s.own(o, in)
	p.entities = slices.Delete(p.entities, at, at+1)
	return true
}

func (s *section) len() int {
	n := 0
	for _, p := range s.parts {
		n += len(p.entities)
	}
	return n
}

func (s *section) keys() []Key {
	out := make([]Key, 0, s.len())
	for _, p := range s.parts {
		for _, e := range p.entities {
			out = append(out, e.key)
		}
	}
	return out
}

// hash digests the section: keys in order with their entities' digests.
func (s *section) hash(id Section) Hash {
	if !s.stale && !s.digest.IsZero() {
		return s.digest
	}
	h := sha256.New()
	h.Write([]byte{'s', byte(id)})
	for _, p := range s.parts {
		for i := range p.entities {
			h.Write(p.entities[i].key[:])
			h.Write(p.entities[i].digest[:])
		}
	}
	s.digest, s.stale = Hash(h.Sum(nil)), false
	return s.digest
}
