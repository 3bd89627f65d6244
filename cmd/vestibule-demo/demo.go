package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vestibule/deploy/stack"
)

// demo runs until ctx ends, q is typed or a part fails.
func demo(ctx context.Context, o options, told *clockwork, in io.Reader) error {
	s, err := stack.Start(ctx, o.stack)
	if err != nil {
		if ctx.Err() != nil {
			return nil // ended by hand
		}
		return err
	}
	err = show(ctx, s, o, told)
	if err == nil {
		quit := make(chan struct{})
		go func() {
			if (&keys{s: s, told: told}).listen(ctx, in) {
				close(quit)
			}
		}()
		select {
		case <-ctx.Done():
		case <-s.Failed():
		case <-quit:
		}
		told.tell("ending")
	} else if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, s.Stop())
}

func show(ctx context.Context, s *stack.Stack, o options, told *clockwork) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	listing, err := s.Listing(ctx)
	if err != nil {
		return err
	}
	if o.answer > 0 {
		answering(s, listing, o.answer)
	}
	line, err := json.Marshal(listing)
	if err != nil {
		return err
	}
	told.print(readable(listing, s.PIN()))
	told.print(string(line))
	return nil
}

// answering lets the first monitor of each apartment answer by itself.
func answering(s *stack.Stack, listing stack.Listing, after time.Duration) {
	seen := map[string]bool{}
	for _, m := range listing.Monitors {
		if !seen[m.Apartment] {
			s.Monitor(m.Name).SetAnswerAfter(after)
		}
		seen[m.Apartment] = true
	}
}

const usage = `
  101 Enter   a visitor presses 101 (or 102, 201, any number)
  a           the first monitor that rings answers
  # or *      the one who answered opens the entrance door, or the garage
  h           hang up
  cut         cut the link between building and cloud; restore gives it back
  q           end, as Ctrl-C does; nothing is left behind`

// readable is the block for a person.
func readable(l stack.Listing, pin string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  Portal      %s\n", l.PortalURL)
	for _, login := range l.Logins {
		fmt.Fprintf(&b, "              %s  %s\n", login.Email, login.Password)
	}
	fmt.Fprintf(&b, "  API         %s\n", l.OpenAPIURL)
	fmt.Fprintf(&b, "  Agent       %s  PIN %s\n", l.Agent.LANURL, pin)
	fmt.Fprintf(&b, "  SIP         %s\n", l.Agent.SIP)
	for _, p := range l.DoorPhones {
		fmt.Fprintf(&b, "              %-24s %s %s\n", p.Name, p.User, p.Password)
	}
	for _, m := range l.Monitors {
		fmt.Fprintf(&b, "              %-24s %s %s\n", m.Name, m.User, m.Password)
	}
	for _, r := range l.RelayBoards {
		fmt.Fprintf(&b, "  Relays      %s, Modbus TCP at %s\n", r.Name, r.Modbus)
	}
	fmt.Fprintln(&b, usage)
	return b.String()
}
