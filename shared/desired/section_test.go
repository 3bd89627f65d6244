package desired

import (
	"bytes"
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// A document of many parts holds what a map would hold, in order, and an edit of it or of its clone never shows in the other.
func TestDocument_IsAMapWhoseClonesStayApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type pair struct {
			doc  *Document
			want map[Key][]byte
		}
		const sec = Section(4)
		all := []pair{{New(), map[Key][]byte{}}}
		for range rapid.IntRange(0, 600).Draw(t, "edits") {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "document")
			p, key := all[i], Key{0: byte(rapid.IntRange(0, 1).Draw(t, "half")), 15: rapid.Byte().Draw(t, "key")}
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				if len(all) < 4 {
					all = append(all, pair{p.doc.Clone(), maps.Clone(p.want)})
				}
			case 1, 2:
				_, was := p.want[key]
				if p.doc.Delete(sec, key) != was {
					t.Fatalf("deleting %v does not tell whether it was there", key)
				}
				delete(p.want, key)
			default:
				body := []byte{rapid.Byte().Draw(t, "body")}
				p.doc.Put(sec, key, body)
				p.want[key] = body
			}
		}
		for _, p := range all {
			keys := p.doc.Keys(sec)
			if len(keys) != len(p.want) || p.doc.Len(sec) != len(p.want) {
				t.Fatalf("%d keys, %d entities, expected %d", len(keys), p.doc.Len(sec), len(p.want))
			}
			again := New()
			for i, key := range keys {
				if i > 0 && bytes.Compare(keys[i-1][:], key[:]) >= 0 {
					t.Fatal("the keys are out of order")
				}
				if !bytes.Equal(p.doc.Body(sec, key), p.want[key]) {
					t.Fatal("another body")
				}
				again.Put(sec, key, p.want[key])
			}
			if again.Hash() != p.doc.Hash() {
				t.Fatal("the hash depends on the parts")
			}
		}
	})
}

// An edit of a document of 20,000 entities copies one part of it, not the document.
func TestClone_SharesWhatNobodyChanges(t *testing.T) {
	d := New()
	for i := range 20_000 {
		d.Put(SectionApartments, Key{0: byte(i >> 8), 1: byte(i)}, []byte{1})
	}
	d.Hash()
	bytes := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := d.Clone()
			c.Put(SectionApartments, Key{0: 9}, []byte{2})
		}
	}).AllocedBytesPerOp()
	if bytes > 100_000 {
		t.Errorf("an edit takes %d bytes", bytes)
	}
}
