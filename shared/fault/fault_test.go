package fault

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestError_CodeAndMessageThroughWrapping(t *testing.T) {
	cause := errors.New("disk says no")
	err := fmt.Errorf("save site: %w", Wrap(cause, Conflict, "Somebody else changed it."))
	if CodeOf(err) != Conflict || Message(err) != "Somebody else changed it." || !errors.Is(err, cause) {
		t.Fatal(CodeOf(err), Message(err))
	}
	if CodeOf(cause) != Internal || strings.Contains(Message(cause), "disk") {
		t.Fatal("an error without a code must not be told outside")
	}
	if CodeOf(nil) != "" || Wrap(nil, Limit, "x") != nil {
		t.Fatal("nil has no code")
	}
}

func TestFields_CollectsEveryFault(t *testing.T) {
	var f Fields
	if f.Err() != nil {
		t.Fatal("nothing noted")
	}
	f.Check(true, "a", "x")
	f.Check(false, "b", "at least %d", 3)
	f.Add("c", "d")
	if got := FieldsOf(f.Err()); len(got) != 2 || got[0] != (Field{"b", "at least 3"}) {
		t.Fatal(got)
	}
}
