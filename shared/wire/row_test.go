package wire_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// A row is written by hand as the encoder of all other messages writes it, byte by byte.
//
// shows EDGE-06 by shared/wire/row.go: "out = appendHead(append(out, 11), uintType, r.From)"
func TestRow_AppendWritesWhatMarshalWrites(t *testing.T) {
	fixed := func(t *rapid.T, n int) []byte { return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "bytes") }
	rapid.Check(t, func(t *rapid.T) {
		r := wire.Row{
			Seq: rapid.Uint64().Draw(t, "seq"), Kind: domain.EventKind(rapid.StringN(0, 40, 300).Draw(t, "kind")),
			WallMilli: rapid.Int64().Draw(t, "wall"), MonoMilli: rapid.Int64().Draw(t, "mono"),
			Boot: [16]byte(fixed(t, 16)), ClockSure: rapid.Bool().Draw(t, "sure"), Body: rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "body"),
			Salt: [16]byte(fixed(t, 16)), BodyHash: [32]byte(fixed(t, 32)), Digest: [32]byte(fixed(t, 32)), From: rapid.Uint64Range(0, 3).Draw(t, "from"),
		}
		want, err := wire.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Append([]byte("before")); !bytes.Equal(got, append([]byte("before"), want...)) {
			t.Fatalf("%x\nwant\n%x", got, want)
		}
	})
}
