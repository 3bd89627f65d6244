package desired

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

func numbered(section byte, n int) Key {
	return Key{0, 1, 0x99, byte(n >> 8), byte(n), section, 0x70, 9, 0x80, byte(n), byte(n * 7), section, 1, 2, 3, 4}
}

func mustPut(t testing.TB, d *Document, section Section, key Key, noun any) {
	t.Helper()
	body, err := Encode(noun)
	if err != nil {
		t.Fatal(err)
	}
	d.Put(section, key, body)
}

// village is a document with many of the values that documents hold, in versions that follow each other.
func village(t testing.TB, version int) *Document {
	t.Helper()
	d := New()
	site, home := numbered(1, 1), numbered(4, 0)
	mustPut(t, d, SectionSite, site, domain.Site{ID: domain.SiteID(site), Name: "Harbour Lane", TimeZone: "Europe/Berlin"})
	mustPut(t, d, SectionGroups, numbered(2, 1), domain.NetworkGroup{ID: domain.GroupID(numbered(2, 1)), Agents: []domain.AgentID{{9}, {8}}})
	mustPut(t, d, SectionTrust, Key{}, Trust{CommandKeys: [][]byte{make([]byte, 32)}})
	for i := range 40 + version {
		mustPut(t, d, SectionApartments, numbered(4, i), domain.Apartment{ID: domain.ApartmentID(numbered(4, i)), Number: fmt.Sprint(100 + i)})
	}
	for i := version; i < 50; i++ {
		door := domain.Device{ID: domain.DeviceID(numbered(6, i)), Type: domain.DoorPhone, MAC: domain.MAC(fmt.Sprintf("0C1105%06X", i)), Name: fmt.Sprint("Door ", i+version/2), ApartmentID: domain.ApartmentID(home), SIPUser: fmt.Sprintf("%010d", i)}
		if i%7 == 0 {
			door.Relays = []domain.Relay{{Number: 1, Name: "Main door", DTMF: "#", Mode: domain.Momentary}}
		}
		mustPut(t, d, SectionDevices, numbered(6, i), door)
		mustPut(t, d, SectionCredentials, numbered(6, i), domain.Credential{DeviceID: door.ID, SIPPassword: secret.New(strings.Repeat("p", i))})
	}
	return d
}

func packing(t testing.TB, before, after *Document, from uint64) (delta Delta, packed Packed, whole []byte) {
	t.Helper()
	delta = Delta{From: from, To: from + 1, ToHash: after.Hash(), Ops: Diff(before, after)}
	if from != 0 {
		delta.FromHash = before.Hash()
	}
	packed, ok := Pack(delta, after)
	if !ok {
		t.Fatal("not packed")
	}
	return delta, packed, slices.Concat(packed.Pieces...)
}

// shows EDGE-02 by shared/desired/pack.go: "p.ids.know(after, delta.Ops)"
func TestPack_GivesTheSameDeltaBack(t *testing.T) {
	for from, before := range []*Document{New(), village(t, 0), village(t, 3)} {
		after := village(t, from+4)
		delta, packed, whole := packing(t, before, after, uint64(from))
		got, err := Unpack(whole, packed.Based, before, delta.From, delta.To)
		if err != nil || !reflect.DeepEqual(got, delta) {
			t.Fatalf("from %d: %v; another delta of %d ops, not the one of %d", from, err, len(got.Ops), len(delta.Ops))
		}
		if next, err := Apply(before, got); err != nil || next.Hash() != after.Hash() {
			t.Fatal(err)
		}
		if packed.Based != (from != 0) {
			t.Errorf("from %d: based %v", from, packed.Based)
		}
	}
}

// shows EDGE-02 by shared/desired/ops.go: "if next.Hash() != delta.ToHash {" => "if false {"
func TestPack_UponAnotherDocumentItIsRefused(t *testing.T) {
	delta, packed, whole := packing(t, village(t, 3), village(t, 4), 7)
	for _, other := range []*Document{New(), village(t, 2), village(t, 9)} {
		got, err := Unpack(whole, packed.Based, other, delta.From, delta.To)
		if err == nil {
			_, err = Apply(other, got)
		}
		if err == nil {
			t.Error("a delta was taken by a document that it is not made for")
		}
	}
}

func TestPack_LeavesAloneWhatItCannotSplit(t *testing.T) {
	for name, body := range map[string][]byte{
		"no map": {0x01}, "a tag": {0xa1, 0x01, 0xc0, 0x61, 0x61}, "a long head": {0xa1, 0x18, 0x01, 0x01}, "falling keys": {0xa2, 0x02, 0x01, 0x01, 0x01},
		"text keys": {0xa1, 0x61, 0x61, 0x01}, "no end": {0xbf, 0x01, 0x01, 0xff}, "bytes behind": {0xa0, 0x00}, "cut": {0xa1, 0x01},
	} {
		if _, ok := Pack(Delta{To: 1, Ops: []Op{{Section: 5, Key: Key{1}, Body: body}}}, nil); ok {
			t.Errorf("%s was packed", name)
		}
	}
	twice := Op{Section: 5, Key: Key{1}, Body: []byte{0xa0}}
	if _, ok := Pack(Delta{To: 1, Ops: []Op{twice, twice}}, nil); ok {
		t.Error("an entity that is named twice was packed")
	}
}

// TestPack_IsReadAndWrittenAsEver: what lies in testdata is never made anew. Agents of the window read it.
func TestPack_IsReadAndWrittenAsEver(t *testing.T) {
	for from, file := range []string{"testdata/packed-whole.hex", "testdata/packed-delta.hex"} {
		before := New()
		if from != 0 {
			before = village(t, 3)
		}
		delta, packed, whole := packing(t, before, village(t, 4), uint64(from))
		stored, err := os.ReadFile(file)
		if os.IsNotExist(err) && os.Getenv("VESTIBULE_ADD_VECTORS") != "" {
			stored, err = []byte(hex.EncodeToString(whole)+"\n"), os.WriteFile(file, []byte(hex.EncodeToString(whole)+"\n"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		want, err := hex.DecodeString(strings.TrimSpace(string(stored)))
		if err != nil || !bytes.Equal(want, whole) {
			t.Errorf("%s: the bytes changed", file)
		}
		if got, err := Unpack(want, packed.Based, before, delta.From, delta.To); err != nil || !reflect.DeepEqual(got, delta) {
			t.Errorf("%s is read otherwise: %v", file, err)
		}
	}
}

func TestUnpack_MakesNoMoreThanADocument(t *testing.T) {
	value := append(appendHead(nil, majorBytes, 60<<10), make([]byte, 60<<10)...)
	data := append(make([]byte, 32), 5) // a hash, section 5
	const many = 4000                   // 240 MB out of 64 kB
	data = binary.AppendUvarint(data, many<<2)
	for i := range many {
		data = append(data, idBytes(numbered(5, i))...)
	}
	data = append(append(data, 0, 3), value...)
	for range many - 1 {
		data = append(data, tokenSeen)
	}
	if _, err := Unpack(append(data, 0), false, New(), 0, 1); fault.CodeOf(err) != fault.Invalid {
		t.Fatal(err)
	}
}

func FuzzUnpack(f *testing.F) {
	before := village(f, 3)
	for _, after := range []*Document{village(f, 4), village(f, 9)} {
		_, packed, whole := packing(f, before, after, 1)
		f.Add(whole, packed.Based)
		_, packed, whole = packing(f, New(), after, 0)
		f.Add(whole, packed.Based)
	}
	f.Fuzz(func(t *testing.T, data []byte, based bool) {
		delta, err := Unpack(data, based, before, 1, 2)
		if err != nil {
			return
		}
		packed, ok := Pack(delta, nil)
		if !ok {
			return // what was made up, Pack would not write
		}
		again, err := Unpack(slices.Concat(packed.Pieces...), packed.Based, before, 1, 2)
		if err != nil || len(again.Ops) != len(delta.Ops) {
			t.Fatalf("%v; %d ops became %d", err, len(delta.Ops), len(again.Ops))
		}
	})
}

func FuzzPack(f *testing.F) {
	for _, op := range Diff(New(), village(f, 1)) {
		f.Add(op.Body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		delta := Delta{To: 1, Ops: []Op{{Section: 5, Key: Key{1}, Body: body}, {Section: 5, Key: Key{2}, Body: body}}}
		packed, ok := Pack(delta, nil)
		if !ok || len(body) == 0 {
			return
		}
		if got, err := Unpack(slices.Concat(packed.Pieces...), false, New(), 0, 1); err != nil || !reflect.DeepEqual(got, delta) {
			t.Fatalf("%x: %v %+v", body, err, got)
		}
	})
}
