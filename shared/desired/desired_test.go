package desired

import (
	"testing"

	"pgregory.net/rapid"

	"vestibule/shared/domain"
)

// genOps draws edits over a small space of sections and keys, so that puts, overwrites and deletes meet.
func genOps(t *rapid.T, label string) []Op {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Op {
		op := Op{Section: Section(rapid.IntRange(1, 12).Draw(t, "section")), Key: Key{15: byte(rapid.IntRange(0, 9).Draw(t, "key"))}}
		if rapid.Bool().Draw(t, "put") {
			op.Body = rapid.SliceOfN(rapid.Byte(), 1, 12).Draw(t, "body")
		}
		return op
	}), 0, 40).Draw(t, label)
}

func build(ops []Op) *Document {
	d := New()
	for _, op := range ops {
		if len(op.Body) == 0 {
			d.Delete(op.Section, op.Key)
		} else {
			d.Put(op.Section, op.Key, op.Body)
		}
	}
	return d
}

// shows EDGE-05 by shared/desired/ops.go: "ops = append(ops, Op{Section: sec, Key: key, Body: body})"
func TestApply_OfDiffGivesTheOtherDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := build(genOps(t, "from")), build(genOps(t, "to"))
		delta := Delta{From: 1, FromHash: from.Hash(), To: 2, ToHash: to.Hash(), Ops: Diff(from, to)}
		before := from.Hash()
		got, err := Apply(from, delta)
		if err != nil {
			t.Fatalf("apply: %v", err)
		}
		if !same(got, to) {
			t.Fatalf("content differs after apply")
		}
		if from.Hash() != before {
			t.Fatalf("apply changed its input")
		}
		if len(Diff(got, to)) != 0 {
			t.Fatalf("a diff is left")
		}
	})
}

func same(a, b *Document) bool {
	if len(a.Sections()) != len(b.Sections()) {
		return false
	}
	for _, sec := range a.Sections() {
		if a.Len(sec) != b.Len(sec) {
			return false
		}
		for _, key := range a.Keys(sec) {
			if string(a.Body(sec, key)) != string(b.Body(sec, key)) {
				return false
			}
		}
	}
	return true
}

// shows EDGE-05 by shared/desired/document.go: "h.Write(body)"
func TestDocument_HashEqualExactlyWhenContentIsEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := build(genOps(t, "a")), build(genOps(t, "b"))
		if (a.Hash() == b.Hash()) != same(a, b) {
			t.Fatalf("hash and content disagree")
		}
	})
}

func TestDocument_HashIndependentOfOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := build(genOps(t, "ops"))
		ops := Snapshot(d)
		shuffled := rapid.Permutation(ops).Draw(t, "order")
		if build(shuffled).Hash() != d.Hash() {
			t.Fatalf("hash depends on order")
		}
	})
}

func TestApply_RefusesWhatStartsOrEndsElsewhere(t *testing.T) {
	a := build([]Op{{Section: 1, Key: Key{1}, Body: []byte{1}}})
	b := build([]Op{{Section: 1, Key: Key{1}, Body: []byte{2}}})
	if _, err := Apply(b, Delta{From: 1, FromHash: a.Hash(), To: 2, ToHash: b.Hash(), Ops: Diff(a, b)}); err == nil {
		t.Fatal("applied to another start")
	}
	if _, err := Apply(a, Delta{From: 1, FromHash: a.Hash(), To: 2, ToHash: a.Hash(), Ops: Diff(a, b)}); err == nil {
		t.Fatal("ended in another document")
	}
}

func TestEncode_IsCanonicalAndDecodeIsStrict(t *testing.T) {
	dev := domain.Device{ID: domain.DeviceID{1}, Name: "Gate", MAC: "0C1105000001", Relays: []domain.Relay{{Number: 1, Name: "Door", DTMF: "#"}}}
	one, err := Encode(dev)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode[domain.Device](one)
	if err != nil || back.Name != dev.Name || back.Relays[0].DTMF != "#" {
		t.Fatalf("%+v %v", back, err)
	}
	duplicate := []byte{0xa2, 0x01, 0x01, 0x01, 0x02} // {1:1, 1:2}
	if _, err := Decode[map[int]int](duplicate); err == nil {
		t.Fatal("duplicate keys were accepted")
	}
}

func FuzzDecodeDevice(f *testing.F) {
	seed, err := Encode(domain.Device{Name: "Gate"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte{0xbf, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		dev, err := Decode[domain.Device](data)
		if err != nil {
			return
		}
		again, err := Encode(dev)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode[domain.Device](again); err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
	})
}
