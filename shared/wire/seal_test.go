package wire

import (
	"crypto/hpke"
	"crypto/sha256"
	"fmt"
	"reflect"
	"testing"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

func configKey(t *testing.T) hpke.PrivateKey {
	t.Helper()
	key, err := NewConfigKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// idOf makes an id as they are: the time first, then what nothing compresses.
func idOf(i int, kind byte) desired.Key {
	hash := sha256.Sum256([]byte{byte(i), byte(i >> 8), kind})
	return desired.Key(append([]byte{0x01, 0x99, byte(i >> 8), byte(i), 7, kind}, hash[:10]...))
}

// people is a document of n people; the last one has the name.
func people(t *testing.T, n int, name string) *desired.Document {
	t.Helper()
	d := desired.New()
	for i := range n {
		p := domain.Person{ID: domain.PersonID(idOf(i, 1)), ApartmentID: domain.ApartmentID(idOf(i/3, 2)), FirstName: fmt.Sprint("Ada ", i), LastName: name}
		if i < n-1 {
			p.LastName = "Lovelace"
		}
		body, err := desired.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		d.Put(desired.SectionPeople, desired.Key(p.ID), body)
	}
	return d
}

// shows EDGE-02 by shared/wire/seal.go: "if packed, ok := desired.Pack(delta, after); ok {" => "if packed, ok := desired.Pack(delta, after); ok && false {"
func TestSealConfig_PackedIsReadAndSmaller(t *testing.T) {
	key := configKey(t)
	before, after := people(t, 200, "Byron"), people(t, 200, "King")
	for name, delta := range map[string]desired.Delta{
		"whole": {To: 2, ToHash: after.Hash(), Ops: desired.Snapshot(after)},
		"delta": {From: 1, FromHash: before.Hash(), To: 2, ToHash: after.Hash(), Ops: desired.Diff(before, after)},
	} {
		sizes := map[bool]int{}
		for _, packs := range []bool{false, true} {
			sealed, err := SealConfig(key.PublicKey().Bytes(), agentA, delta, packs, after)
			if err != nil {
				t.Fatal(err)
			}
			got, err := OpenConfig(key, agentA, delta.From, delta.To, sealed, before)
			if err != nil || !reflect.DeepEqual(got, delta) {
				t.Fatalf("%s, packed %v: %v", name, packs, err)
			}
			sizes[packs] = len(sealed)
		}
		if sizes[true] > sizes[false]*3/4 {
			t.Errorf("%s: %d bytes packed, %d before", name, sizes[true], sizes[false])
		}
	}
}

// TestSealConfig_ChangeOfOnePersonIsSmall: 49 bytes of it are encryption, 32 the hash and 16 the id.
func TestSealConfig_ChangeOfOnePersonIsSmall(t *testing.T) {
	before, after := people(t, 200, "Byron"), people(t, 200, "King")
	delta := desired.Delta{From: 1, FromHash: before.Hash(), To: 2, ToHash: after.Hash(), Ops: desired.Diff(before, after)}
	sealed, err := SealConfig(configKey(t).PublicKey().Bytes(), agentA, delta, true, after)
	if err != nil || len(sealed) > 145 {
		t.Fatalf("%d bytes, %v", len(sealed), err)
	}
}
