package sample

import (
	"errors"
	"testing"
)

// shows DEMO-01 by door.go: "return ErrLocked"
func TestDoor_StaysLocked(t *testing.T) {
	d := Door{Locked: true}
	if err := d.Open(); !errors.Is(err, ErrLocked) || d.Opened != 0 {
		t.Fatal(err, d.Opened)
	}
}

// shows DEMO-02 by door.go: "d.Knocks++"
func TestDoor_NoticesNothing(t *testing.T) {
	var d Door
	_ = d.Open()
}

// shows DEMO-03 by door.go: "total := d.Opened + d.Knocks"
func TestDoor_DoesNotCompile(t *testing.T) {
	var d Door
	_ = d.Open()
}

// shows DEMO-04 by door.go: "d.Opened++" => "d.Opened--"
func TestDoor_CountsByReplacement(t *testing.T) {
	var d Door
	if _ = d.Open(); d.Opened != 1 {
		t.Fatal(d.Opened)
	}
}

// shows DEMO-05 by door.go: "d.Locked" => "false"
func TestDoor_IsRedBefore(t *testing.T) {
	t.Fatal("always")
}

// shows DEMO-06 by door.go: "if total < 0 {" => "if total > 0 {"
func TestDoor_Panics(t *testing.T) {
	var d Door
	_ = d.Open()
}

// shows DEMO-08 by door.go: "strings.Repeat(mark, 2)"
func TestDoor_LeavesNamesAndImportsWithoutUse(t *testing.T) {
	var d Door
	if _ = d.Open(); d.Marks != "xx" {
		t.Fatal(d.Marks)
	}
}

// shows DEMO-07
func TestDoor_NamesNoLine(t *testing.T) {}
