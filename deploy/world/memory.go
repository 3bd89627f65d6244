package main

import (
	"context"
	"errors"
)

// crash ends a process where it stands; only what was committed stays.
type crash struct{}

// errDisk is what a full or broken disk, or a database that is away, answers.
var errDisk = errors.New("the disk does not take it")

// memory is a store that can crash: changes are undone unless their transaction commits. before and after are asked around each commit; they may panic
// with crash, and before may fail.
type memory struct {
	open      bool
	undo      []func()
	committed []func() // at the instant of the commit, before the process can die
	told      []func() // after it
	before    func() error
	after     func()
}

// Patiently has nobody to let go first.
func (*memory) Patiently(ctx context.Context) context.Context { return ctx }

// InTx runs fn in one transaction, or joins the one that is open: there is one thread.
func (m *memory) InTx(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	if m.open {
		return fn(ctx)
	}
	m.open, m.undo, m.committed, m.told = true, nil, nil, nil
	done := false
	defer func() {
		if !done {
			m.open = false
			for i := len(m.undo) - 1; i >= 0; i-- {
				m.undo[i]()
			}
		}
	}()
	if err = fn(ctx); err == nil {
		err = m.before()
	}
	if err != nil {
		return err
	}
	done, m.open = true, false
	committed, told := m.committed, m.told
	for _, f := range committed {
		f()
	}
	m.after()
	for _, f := range told {
		f()
	}
	return nil
}

// AfterCommit runs f once the open transaction is committed, at once when there is none.
func (m *memory) AfterCommit(_ context.Context, f func()) {
	if !m.open {
		f()
		return
	}
	m.told = append(m.told, f)
}

func (m *memory) atCommit(f func()) { m.committed = append(m.committed, f) }

// change runs f in a transaction: for one write alone.
func (m *memory) change(f func()) error {
	return m.InTx(context.Background(), func(context.Context) error {
		f()
		return nil
	})
}

// set changes a value inside a transaction.
func set[T any](m *memory, at *T, to T) {
	was := *at
	m.undo = append(m.undo, func() { *at = was })
	*at = to
}

// put changes an entry of a map inside a transaction.
func put[K comparable, V any](m *memory, in map[K]V, key K, to V) {
	was, there := in[key]
	m.undo = append(m.undo, func() {
		if there {
			in[key] = was
		} else {
			delete(in, key)
		}
	})
	in[key] = to
}

// drop removes an entry of a map inside a transaction.
func drop[K comparable, V any](m *memory, in map[K]V, key K) {
	if was, there := in[key]; there {
		m.undo = append(m.undo, func() { in[key] = was })
		delete(in, key)
	}
}

// grow appends to a list inside a transaction.
func grow[T any](m *memory, at *[]T, more T) {
	n := len(*at)
	m.undo = append(m.undo, func() { *at = (*at)[:n] })
	*at = append(*at, more)
}
