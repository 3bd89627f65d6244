package desired

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"sync/atomic"
)

// Section groups entities of one kind. Numbers are never reused; an unknown one is kept and hashed.
type Section uint8

// Sections of a site's document.
const (
	SectionSite        Section = 1
	SectionGroups      Section = 2
	SectionBuildings   Section = 3
	SectionApartments  Section = 4
	SectionPeople      Section = 5
	SectionDevices     Section = 6
	SectionBoards      Section = 7
	SectionCredentials Section = 8
	SectionTrust       Section = 9
	SectionDepartments Section = 10
	SectionCompanies   Section = 11
	SectionCameras     Section = 12
	// SectionRegistrations holds secrets, as SectionCredentials does.
	SectionRegistrations Section = 13
	// SectionTrunk holds the trunk of the site (one entity, keyed by the site) with its password.
	SectionTrunk Section = 14
	// SectionAutoP holds what installers add to the settings of devices, which may be secret.
	SectionAutoP Section = 15
	// SectionKeyrings holds the PINs and cards of people, which are secret.
	SectionKeyrings     Section = 16
	SectionAccessGroups Section = 17
)

// Key is an entity's id as 16 bytes.
type Key = [16]byte

// Hash is a SHA-256 digest.
type Hash [32]byte

// String gives the digest in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero tells whether the hash is unset.
func (h Hash) IsZero() bool { return h == Hash{} }

// Document is the content of one version. The zero value is not usable: take New. Not safe for use by several goroutines at once, but those that
// only read and clone it after a Hash.
type Document struct {
	sections map[Section]*section
	owner    *owner
	cloned   atomic.Bool // a clone shares the parts: the next edit copies
}

// New makes an empty document.
func New() *Document { return &Document{sections: map[Section]*section{}, owner: &owner{}} }

// Clone copies the document in little time: the two share whatever neither changes.
func (d *Document) Clone() *Document {
	c := New()
	d.cloned.Store(true)
	for id, s := range d.sections {
		c.sections[id] = s.clone()
	}
	return c
}

// editor gives the right to change parts in place, which ends with a clone.
func (d *Document) editor() *owner {
	if d.cloned.Load() {
		d.owner = &owner{}
		d.cloned.Store(false)
	}
	return d.owner
}

// Put sets an entity to canonical bytes made by Encode.
func (d *Document) Put(sec Section, key Key, body []byte) {
	s := d.sections[sec]
	if s == nil {
		s = &section{}
		d.sections[sec] = s
	}
	s.put(d.editor(), entity{key: key, body: body, digest: entityDigest(sec, key, body)})
}

// Delete removes an entity and tells whether it was there. A section without entities is no section.
func (d *Document) Delete(sec Section, key Key) bool {
	s := d.sections[sec]
	if s == nil || !s.remove(d.editor(), key) {
		return false
	}
	if len(s.parts) == 0 {
		delete(d.sections, sec)
	}
	return true
}

// Body gives an entity's canonical bytes; nil when absent.
func (d *Document) Body(sec Section, key Key) []byte {
	if s := d.sections[sec]; s != nil {
		return s.body(key)
	}
	return nil
}

// Len counts the entities of a section.
func (d *Document) Len(sec Section) int {
	if s := d.sections[sec]; s != nil {
		return s.len()
	}
	return 0
}

// Sections lists the sections in rising order.
func (d *Document) Sections() []Section { return slices.Sorted(maps.Keys(d.sections)) }

// Keys lists a section's keys in rising order.
func (d *Document) Keys(sec Section) []Key {
	if s := d.sections[sec]; s != nil {
		return s.keys()
	}
	return nil
}

// Invariant: equal content has equal hashes whatever the order of edits (TestDocument_HashIndependentOfOrder).
func entityDigest(sec Section, key Key, body []byte) Hash {
	h := sha256.New()
	h.Write([]byte{'e', byte(sec)})
	h.Write(key[:])
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(body)))
	h.Write(n[:])
	h.Write(body)
	return Hash(h.Sum(nil))
}

// SectionHash digests one section: sorted keys with their entities' digests. An absent section has the zero hash.
func (d *Document) SectionHash(sec Section) Hash {
	if s := d.sections[sec]; s != nil {
		return s.hash(sec)
	}
	return Hash{}
}

// Hash digests the document: the digests of its sections in rising order.
func (d *Document) Hash() Hash {
	h := sha256.New()
	h.Write([]byte{'d'})
	for _, id := range d.Sections() {
		digest := d.SectionHash(id)
		h.Write([]byte{byte(id)})
		h.Write(digest[:])
	}
	return Hash(h.Sum(nil))
}
