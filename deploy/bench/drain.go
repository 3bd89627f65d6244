package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/deploy/measure"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
)

const (
	drainStored = "events stored by an agent that is then killed"
	drainLost   = "acknowledged events that the cloud does not get"
	drainTook   = "time until the cloud has them"
	drainRate   = "events drained"
)

var wantedDrain = []string{drainStored, drainLost, drainTook, drainRate}

// writerFlag makes this program the writer that gets killed: it appends to the outbox in a folder until it dies.
const writerFlag = "writer"

// writer appends events to an agent's outbox, a hundred a commit, and says after each commit how many are on the disk.
func writer(ctx context.Context, dir string, said io.Writer) error {
	s, err := store.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	id, _, err := s.Identity(ctx)
	if err != nil {
		return err
	}
	o := outbox.New(outbox.Config{Shelf: s, Agent: func() domain.AgentID { return id.Agent }, Clock: clock.System{}})
	doors := make([]domain.DoorBody, group)
	for i := range doors {
		doors[i] = door()
	}
	for stored := group; ctx.Err() == nil; stored += group {
		if err := appendEvents(ctx, s, o, doors); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(said, stored); err != nil {
			return err
		}
	}
	return nil
}

// measureDrain claims an agent, stores events in its outbox by a process that is killed in the middle of writing, and lets the agent bring them to the cloud.
func measureDrain(ctx context.Context, dir string, built measure.Programs, n amounts) ([]figure, error) {
	data := filepath.Join(dir, "drain-cloud")
	p, err := newCloud(ctx, built.Cloud, data, "101")
	if err != nil {
		return nil, err
	}
	defer p.end()
	home := filepath.Join(dir, "drain-agent")
	if err := p.join(ctx, built.Agent, home); err != nil {
		return nil, err
	}
	p.agent.End(syscall.SIGTERM)
	stored, err := killedWriter(ctx, home, n.events)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, "vestibule.db")+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	began := time.Now()
	if err := p.startAgent(built.Agent, home, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	got := 0
	for last := time.Now(); got < stored && time.Since(last) < 30*time.Second; {
		measure.Pause(ctx, 500*time.Millisecond)
		before := got
		// Each number once: the same row twice would count as one.
		err := db.QueryRowContext(ctx, "SELECT COUNT(DISTINCT seq) FROM events WHERE kind = ? AND seq > 0", string(domain.EventDoor)).Scan(&got)
		if err != nil {
			return nil, err
		}
		if got > before {
			last = time.Now()
		}
	}
	took := time.Since(began)
	return []figure{
		{drainStored, float64(stored), "", "acknowledged by commits of 100 before kill -9, in the middle of writing"},
		{drainLost, float64(max(0, stored-got)), "", "counted in the cloud's database after the agent was started again"},
		{drainTook, took.Seconds(), "s", "from the start of the agent's program, over TLS to the cloud's program with SQLite"},
		{drainRate, float64(got) / took.Seconds(), "events/s", "batches of at most 200, each committed before the next"},
	}, nil
}

// killedWriter runs the writer until it said that so many events are stored, kills it, and gives what it said last.
func killedWriter(ctx context.Context, dir string, events int) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, self, "-"+writerFlag, dir)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	stored := 0
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if stored, err = strconv.Atoi(lines.Text()); err != nil {
			break
		}
		if stored == events {
			_ = cmd.Process.Kill() // what it says until it is dead counts too
		}
	}
	_ = cmd.Wait()
	if stored < events {
		return stored, fmt.Errorf("the writer ended after %d events: %w", stored, err)
	}
	return stored, nil
}
