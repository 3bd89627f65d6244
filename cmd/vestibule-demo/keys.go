package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"vestibule/deploy/stack"
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
	return "a visitor presses " + word, k.s.Phone().Press(word)
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
