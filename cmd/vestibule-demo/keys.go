package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vestibule/deploy/stack"
	"vestibule/shared/sim"
)

// keys carries out what a person types.
type keys struct {
	s    *stack.Stack
	told *clockwork
}

// listen reads lines until there are no more; true means that somebody wants to end. The end of the input alone is no wish.
func (k *keys) listen(ctx context.Context, in io.Reader) bool {
	lines := bufio.NewScanner(in)
	for lines.Scan() && ctx.Err() == nil {
		word := strings.TrimSpace(lines.Text())
		if word == "q" {
			return true
		}
		if word == "" {
			continue
		}
		did, err := k.act(ctx, word)
		if err != nil {
			k.told.tell("%s: %v", word, err)
			continue
		}
		k.told.tell("%s", did)
	}
	return false
}

var (
	errNobodyRings   = errors.New("no monitor rings")
	errNobodyTalks   = errors.New("no monitor talks")
	errNoSuchCommand = errors.New("type a number to ring, a, #, *, h, cut, restore or q")
)

// act does one thing and says what it did.
func (k *keys) act(ctx context.Context, word string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	switch word {
	case "a":
		return k.answer(ctx)
	case stack.EntryCode, stack.GarageKey:
		return k.press(ctx, word)
	case "h":
		return "hung up", k.s.Phone().Hangup(ctx)
	case "cut":
		k.s.Cut()
		return "the link is cut", nil
	case "restore":
		k.s.Restore()
		return "the link is restored", nil
	}
	if strings.Trim(word, "0123456789") != "" || len(word) > 16 {
		return "", errNoSuchCommand
	}
	return k.ring(ctx, word)
}

// ringsWithin is how long a person waits to read what a press came to.
const ringsWithin = 2 * time.Second

// ring presses a number and says who rings, or what the visitor is told.
func (k *keys) ring(ctx context.Context, number string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, ringsWithin)
	defer cancel()
	phone := k.s.Phone()
	if err := phone.Press(number); err != nil {
		return "", err
	}
	if err := phone.Wait(ctx, func(s sim.State) bool { return s.Ringing() || s.Answered() || !s.InCall() }); err != nil {
		return "", err
	}
	if now := phone.State(); !now.InCall() {
		return fmt.Sprintf("a visitor presses %s and is told %d", number, now.Call().Status), nil
	}
	select {
	case <-time.After(settle):
	case <-ctx.Done():
	}
	return fmt.Sprintf("a visitor presses %s; ringing: %s", number, strings.Join(k.ringing(), ", ")), nil
}

// settle is how long after the first answer to the visitor the monitors are looked at: they ring a little later.
const settle = 300 * time.Millisecond

func (k *keys) ringing() []string {
	var names []string
	for _, name := range k.s.Monitors() {
		if k.s.Monitor(name).State().Ringing() {
			names = append(names, name)
		}
	}
	return names
}

func (k *keys) answer(ctx context.Context) (string, error) {
	for _, name := range k.s.Monitors() {
		if m := k.s.Monitor(name); m.State().Ringing() {
			return name + " answers", m.Answer(ctx)
		}
	}
	return "", errNobodyRings
}

func (k *keys) press(ctx context.Context, digit string) (string, error) {
	for _, name := range k.s.Monitors() {
		if m := k.s.Monitor(name); m.State().Answered() {
			return name + " presses " + digit, m.SendDigit(ctx, digit, k.s.DigitBy(name))
		}
	}
	return "", errNobodyTalks
}
