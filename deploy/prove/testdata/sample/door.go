// Package sample is a very small door, for the test of prove.
package sample

import (
	"errors"
	"strings"
)

// ErrLocked says that the door stays shut.
var ErrLocked = errors.New("locked")

// Door counts its openings.
type Door struct {
	Locked bool
	Opened int
	Knocks int
	Marks  string
}

// Open opens the door unless it is locked.
func (d *Door) Open() error {
	d.Knocks++
	if d.Locked {
		return ErrLocked
	}
	d.Opened++
	total := d.Opened + d.Knocks
	mark := "x"
	d.Marks += strings.Repeat(mark, 2)
	if total < 0 {
		panic("overflow")
	}
	return nil
}
