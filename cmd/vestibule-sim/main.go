package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"vestibule/shared/sim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "vestibule-sim:", err)
		}
		stop()
		os.Exit(1)
	}
}

// started is the one line on standard output: what runs where, and how to drive it.
type started struct {
	VestibuleSim int `json:"vestibule_sim"`
	sim.Listing
}

func run(ctx context.Context, args []string, out, errs io.Writer) error {
	cfg, err := read(args, errs)
	if err != nil {
		return err
	}
	b, err := sim.New(cfg)
	if err != nil {
		return err
	}
	line, err := json.Marshal(started{1, b.Listing()})
	if err != nil {
		b.Close()
		return err
	}
	if _, err := fmt.Fprintf(out, "%s\n", line); err != nil {
		b.Close()
		return err
	}
	return b.Run(ctx)
}

// read makes a configuration of the flags: a file, or counts.
func read(args []string, errs io.Writer) (sim.Config, error) {
	flags := flag.NewFlagSet("vestibule-sim", flag.ContinueOnError)
	flags.SetOutput(errs)
	file := flags.String("config", "", "JSON `file` that describes the building; the counts below are then ignored")
	doorPhones := flags.Int("doorphones", 1, "how many door phones")
	monitors := flags.Int("monitors", 2, "how many monitors")
	boards := flags.Int("boards", 1, "how many Modbus relay boards")
	bind := flags.String("bind", "", "IP `address` of the devices that name none (127.0.0.1)")
	mdns := flags.String("mdns", "", "`interface` to announce the devices on, such as lo; none when empty")
	control := flags.String("control", "", "loopback `address` of the control server (127.0.0.1:0)")
	if err := flags.Parse(args); err != nil {
		return sim.Config{}, err
	}
	if flags.NArg() > 0 {
		return sim.Config{}, fmt.Errorf("argument %q is not understood", flags.Arg(0))
	}
	var cfg sim.Config
	if *file == "" {
		if *doorPhones < 0 || *monitors < 0 || *boards < 0 {
			return sim.Config{}, errors.New("a count is negative")
		}
		cfg = sim.Sample(*doorPhones, *monitors, *boards)
	} else {
		b, err := os.ReadFile(*file)
		if err != nil {
			return sim.Config{}, err
		}
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&cfg); err != nil {
			return sim.Config{}, fmt.Errorf("%s: %w", *file, err)
		}
	}
	for flagged, into := range map[*string]*string{bind: &cfg.Bind, mdns: &cfg.MDNS, control: &cfg.Control} {
		if *flagged != "" {
			*into = *flagged
		}
	}
	if cfg.Control == "" {
		cfg.Control = "127.0.0.1:0"
	}
	return cfg, nil
}
