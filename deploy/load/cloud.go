package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
)

// cloud is the product's program with its data and its ports, which it keeps when it starts again.
type cloud struct {
	process  *measure.Process
	program  string
	data     string
	database string            // empty: SQLite
	postgres *measure.Postgres // one of its own, on the cloud's core; nil: none, or somebody else's
	before   []string
	ports    ports
	token    string // of its first account
	client   *stack.Client
}

type ports struct{ HTTP, Agents, MQTT string }

// freePorts are three that nobody listens on.
func freePorts() (p ports, err error) {
	for _, at := range []*string{&p.HTTP, &p.Agents, &p.MQTT} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return p, err
		}
		*at = l.Addr().String()
		defer func() { _ = l.Close() }()
	}
	return p, nil
}

// start runs the program and waits until it answers.
func (c *cloud) start(ctx context.Context) error {
	if err := os.MkdirAll(c.data, 0o700); err != nil {
		return err
	}
	words := append(append([]string{}, c.before...), c.program, "--data", c.data, "--http", c.ports.HTTP, "--agents", c.ports.Agents, "--mqtt", c.ports.MQTT, "--log", "ERROR")
	if c.database != "" {
		words = append(words, "--database", c.database)
	}
	var err error
	if c.process, err = measure.Start("cloud", words[0], words[1:]...); err != nil {
		return err
	}
	at, err := c.process.Finds(ctx, `Vestibule is at (\S+) `)
	if err != nil {
		return err
	}
	c.client = stack.NewClient(at[1], c.token)
	return measure.Eventually(ctx, 20*time.Second, "the cloud answers", func() (bool, error) {
		return stack.NewClient(at[1], "").Do(ctx, "GET", "/setup", nil, nil) == nil, nil
	})
}

// setUp makes the first account of a new cloud.
func (c *cloud) setUp(ctx context.Context) error {
	token, err := os.ReadFile(filepath.Join(c.data, "setup-token"))
	if err != nil {
		return err
	}
	var answer struct {
		Token string `json:"token"`
	}
	form := map[string]any{
		"token": strings.TrimSpace(string(token)), "email": "load@example.com", "password": "correct-horse-battery-9", "name": "Load", "organisation": "Load", "bearer": true,
	}
	if err := c.client.Do(ctx, "POST", "/setup", form, &answer); err != nil {
		return err
	}
	c.token = answer.Token
	c.client = stack.NewClient("http://"+strings.Replace(c.ports.HTTP, "127.0.0.1", "localhost", 1), c.token)
	return nil
}

// kill ends the program at once, as a fault would.
func (c *cloud) kill() { c.process.End(syscall.SIGKILL) }

// uses is what a program has used.
type uses struct {
	cpu      float64 // milliseconds so far
	resident float64 // MiB
	database share   // milliseconds so far, and MiB
	files    int
}

// uses gives what the cloud has used, and its PostgreSQL.
func (c *cloud) uses() (u uses, err error) {
	pid := c.process.PID()
	if u.cpu, err = measure.Used(pid); err != nil {
		return u, err
	}
	if u.resident, err = measure.Resident(pid); err != nil {
		return u, err
	}
	if c.postgres != nil {
		if u.database.processor, err = measure.UsedByServer(c.postgres.PID()); err != nil {
			return u, err
		}
		if u.database.memory, err = measure.ProportionalOfServer(c.postgres.PID()); err != nil {
			return u, err
		}
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	u.files = len(open)
	return u, err
}

// busy names the processor of the cloud as what ran out.
func (c *cloud) busy(u use) string {
	if c.postgres == nil {
		return fmt.Sprintf("the processor of the cloud (%.0f %% of its core)", 100*u.cloud)
	}
	return fmt.Sprintf("the processor of the cloud and its database (%.0f %% and %.0f %% of their core)", 100*u.cloud, 100*u.database.processor)
}

// stored is what lies in the files of the database, in bytes, without PostgreSQL's journal; -1: somebody else has them.
func (c *cloud) stored() (total int64, err error) {
	dir := c.data
	if c.postgres != nil {
		dir = filepath.Join(c.postgres.Data, "base")
	} else if c.database != "" {
		return -1, nil
	}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went meanwhile
		}
		total += info.Size()
		return err
	})
	return total, err
}
