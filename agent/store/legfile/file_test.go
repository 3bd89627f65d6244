package legfile

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"vestibule/agent/sip/sipstate"
	"vestibule/shared/domain"
)

func open(t *testing.T, dir string) *File {
	t.Helper()
	l, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func someLeg(id string) sipstate.Leg {
	return sipstate.Leg{
		CallID: domain.CallID{1}, DeviceID: domain.DeviceID{2}, SIPCallID: id, LocalTag: "a", LocalURI: "<sip:101@10.0.0.1>", RemoteURI: "<sip:2@10.0.0.1>",
		Target: "sip:2@10.0.0.7", Via: "SIP/2.0/UDP 10.0.0.1", CSeqMethod: "INVITE", CSeq: 2, State: sipstate.LegInviting, Route: []string{"<sip:a>"},
	}
}

func legs(t *testing.T, l *File) map[string]sipstate.Leg {
	t.Helper()
	list, err := l.Legs()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]sipstate.Leg{}
	for _, leg := range list {
		out[leg.SIPCallID] = leg
	}
	return out
}

// What was put or deleted is known to the next run, also when this one never closed the file.
//
// shows EDGE-31 by agent/store/legfile/file.go: "n, err := l.f.WriteAt(whole, l.size)" => "n, err := len(whole), error(nil)"
func TestFile_OutlivesTheProgram(t *testing.T) {
	dir, want := t.TempDir(), map[string]sipstate.Leg{}
	for round := range 5 {
		l := open(t, dir)
		if got := legs(t, l); !reflect.DeepEqual(got, want) {
			t.Fatalf("round %d: read %v, want %v", round, got, want)
		}
		for range 2000 {
			leg := someLeg(fmt.Sprintf("call-%d", rand.IntN(60)))
			leg.CSeq = rand.Uint32()
			if rand.IntN(2) == 0 {
				delete(want, leg.SIPCallID)
				if err := l.DeleteLeg(leg.SIPCallID); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want[leg.SIPCallID] = leg
			if err := l.PutLeg(leg); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A file that power or a bad disk cut or changed gives what stands before the damage, and takes new legs.
func TestFile_DamageEndsTheReading(t *testing.T) {
	for name, damage := range map[string]func(raw []byte) []byte{
		"cut":               func(raw []byte) []byte { return raw[:len(raw)-3] },
		"cut in the length": func(raw []byte) []byte { return append(raw, 0, 0) },
		"another byte":      func(raw []byte) []byte { raw[len(raw)-1]++; return raw },
		"a huge length":     func(raw []byte) []byte { return append(raw, 255, 255, 255, 255, 0, 0, 0, 0) },
		"zeros":             func(raw []byte) []byte { return append(raw, make([]byte, 100)...) },
	} {
		dir := t.TempDir()
		l := open(t, dir)
		for _, id := range []string{"a", "b"} {
			if err := l.PutLeg(someLeg(id)); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, Name)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, damage(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		next := open(t, dir)
		got := legs(t, next)
		if _, ok := got["a"]; !ok {
			t.Errorf("%s: read %v", name, got)
		}
		if err := next.PutLeg(someLeg("c")); err != nil {
			t.Fatal(err)
		}
		if again := legs(t, open(t, dir)); len(again) != len(got)+1 {
			t.Errorf("%s: %d legs, then %d", name, len(got), len(again))
		}
	}
}

func TestFile_StaysSmall(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	for n := range 10_000 {
		id := fmt.Sprintf("call-%d", n)
		if err := l.PutLeg(someLeg(id)); err != nil {
			t.Fatal(err)
		}
		if err := l.DeleteLeg(id); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, Name)); err != nil || info.Size() > tight {
		t.Errorf("%v %v", info, err)
	}
	if err := l.PutLeg(sipstate.Leg{SIPCallID: strings.Repeat("x", mostBody)}); err == nil {
		t.Error("a leg beyond all bounds is taken")
	}
}

func FuzzNext(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if e, whole, ok := next(raw); ok && (e.SIPCallID == "" || len(whole) > len(raw)) {
			t.Errorf("%+v", e)
		}
	})
}
