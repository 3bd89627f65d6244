package command

import (
	"context"
	"time"

	"vestibule/cloud/sweep"
	"vestibule/shared/logkey"
)

// Sweep lets time pass for every open command: sends again what is not accepted, ends what is overdue.
func (s *Service) Sweep(ctx context.Context) error {
	open, err := s.Store.OpenCommands(ctx, 1000)
	if err != nil {
		return err
	}
	for _, c := range open {
		conn, online, err := s.Presence.Reachable(ctx, c.Agent)
		if err != nil {
			return err
		}
		if err := s.step(ctx, c.ID, c.Agent, Tick{Linked: online && conn == c.Conn}); err != nil {
			return err
		}
	}
	return nil
}

// Run sweeps until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	return sweep.Run(ctx, pollEvery, s.Sweep, func(err error) { s.Logger.ErrorContext(ctx, "open commands are not swept", logkey.Err, err) })
}

func roundUp(d time.Duration) time.Duration {
	return (d + time.Millisecond - 1).Truncate(time.Millisecond)
}
