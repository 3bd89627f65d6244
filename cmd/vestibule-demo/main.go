// Command vestibule-demo runs the whole product on this machine, on loopback alone: cloud, agent and a simulated building with a sample
// site. With --story it starts a stack of its own, tells one story from ringing to the restored link, and exits 0 or 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
	_ "time/tzdata" // zones of sites, on machines without them

	"vestibule/deploy/stack"
)

// Exit codes.
const (
	exitFailed = 1 // it ran and failed
	exitConfig = 2 // the flags are wrong
)

// storyWithin bounds the whole story.
const storyWithin = 2 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGTTIN) // in the background reading keys fails instead of stopping the program
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the flags.
type options struct {
	stack  stack.Config
	story  bool
	answer time.Duration
}

func run(ctx context.Context, args []string, in io.Reader, out, problems io.Writer) int {
	opts, err := configure(args, problems)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(problems, "vestibule-demo:", err)
		return exitConfig
	}
	told := &clockwork{out: out, began: time.Now()}
	opts.stack.Progress = told.tell
	if opts.story {
		err = story(ctx, opts, told)
	} else {
		err = demo(ctx, opts, told, in)
	}
	if err != nil {
		fmt.Fprintln(problems, "vestibule-demo:", err)
		return exitFailed
	}
	return 0
}

func configure(args []string, problems io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("vestibule-demo", flag.ContinueOnError)
	flags.SetOutput(problems)
	flags.StringVar(&o.stack.Dir, "data", "", "`folder` to keep everything in; without it a temporary one")
	flags.StringVar(&o.stack.HTTP, "http", "127.0.0.1:8080", "`address` of the portal; a free port when it is busy")
	flags.DurationVar(&o.answer, "answer", 0, "let the first monitor of each apartment answer by itself after this `time`; 0: never")
	flags.BoolVar(&o.story, "story", false, "tell the story on a stack of its own in a temporary folder, and end")
	level := slog.LevelError
	flags.TextVar(&level, "log", slog.LevelError, "lowest `level` of the log: DEBUG, INFO, WARN, ERROR")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("argument %q is not understood", flags.Arg(0))
	}
	if o.story {
		o.stack.Dir, o.stack.HTTP = "", ""
	}
	o.stack.Logger = slog.New(slog.NewTextHandler(problems, &slog.HandlerOptions{Level: level}))
	return o, nil
}

// clockwork writes lines with the time since the start.
type clockwork struct {
	mu    sync.Mutex
	out   io.Writer
	began time.Time
}

func (c *clockwork) tell(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.out, "%6.2f s  %s\n", time.Since(c.began).Seconds(), fmt.Sprintf(format, args...))
}

func (c *clockwork) print(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(c.out, text)
}

func story(ctx context.Context, o options, told *clockwork) error {
	ctx, cancel := context.WithTimeout(ctx, storyWithin)
	defer cancel()
	s, err := stack.Start(ctx, o.stack)
	if err != nil {
		return err
	}
	err = errors.Join(stack.Story(ctx, s, told.tell), s.Stop())
	if err != nil {
		told.tell("the story ends badly")
		return err
	}
	told.tell("the story ends well")
	return nil
}
