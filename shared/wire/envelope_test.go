package wire

import (
	"testing"

	"vestibule/shared/domain"
)

// Who orders messages by their first bytes orders them as who reads them whole.
//
// shows EDGE-06 by shared/wire/envelope.go: "case data[4] == 24 && len(data) > 5:" => "	case false:"
func TestKindOf_IsWhatOpenReads(t *testing.T) {
	for kind := range kindNames {
		data, err := Seal(kind, domain.ConnID{1}, map[int]int{1: 2})
		if err != nil {
			t.Fatal(err)
		}
		e, err := Open(data)
		if err != nil || e.Kind != kind || KindOf(data) != kind {
			t.Errorf("%s: read as %s, ordered as %s, %v", kind, e.Kind, KindOf(data), err)
		}
		for n := range 5 {
			if got := KindOf(data[:n]); got != 0 {
				t.Errorf("%d bytes of %s are ordered as %s", n, kind, got)
			}
		}
	}
	if got := KindOf([]byte("this is no message")); got != 0 {
		t.Errorf("other bytes are ordered as %s", got)
	}
}
