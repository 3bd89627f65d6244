package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
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
const ringsWithin = 5 * time.Second

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
	return fmt.Sprintf("a visitor presses %s; ringing: %s", number, strings.Join(k.settled(ctx), ", ")), nil
}

// settle is how long no other monitor must have begun to ring until those that ring are told: they begin one after the other.
const settle = 300 * time.Millisecond

// settled names the monitors that ring once one does and no other has joined for a while.
func (k *keys) settled(ctx context.Context) []string {
	look := time.NewTicker(settle / 10)
	defer look.Stop()
	var names []string
	for since := time.Now(); len(names) == 0 || time.Since(since) < settle; {
		select {
		case <-ctx.Done():
			return names
		case <-look.C:
		}
		if !k.s.Phone().State().InCall() {
			return names
		}
		if now := k.ringing(); !slices.Equal(now, names) {
			names, since = now, time.Now()
		}
	}
	return names
}

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
