package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vestibule/cloud/jobs"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
)

const patience = 30 * time.Second

// log collects what the queue logs.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func open(t *testing.T, s *store.Store) (*jobs.Queue, *log) {
	t.Helper()
	logged := &log{}
	q, err := jobs.New(t.Context(), s, slog.New(slog.NewTextHandler(logged, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return q, logged
}

// run runs a queue until the test ends, or until the function it gives is called.
func run(t *testing.T, q *jobs.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the queue ended: %v", err)
			}
		case <-time.After(patience):
			t.Error("the queue did not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

// next waits for one item.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case item := <-from:
		return item
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func texts(to chan<- string) jobs.Func {
	return func(_ context.Context, body []byte) error {
		var text string
		err := json.Unmarshal(body, &text)
		to <- text
		return err
	}
}

var errUndone = errors.New("undone")

func TestQueue_WorkStandsOrFallsWithItsTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		q, _ := open(t, s)
		done := make(chan string, 10)
		q.Handle("tell", jobs.Options{}, texts(done))
		run(t, q)
		insert := func(text string, end error) {
			err := s.InTx(t.Context(), func(ctx context.Context) error {
				if err := q.Insert(ctx, "tell", text); err != nil {
					t.Fatal(err)
				}
				return end
			})
			if !errors.Is(err, end) {
				t.Fatal(err)
			}
		}
		insert("never", errUndone)
		insert("once", nil)
		if text := next(t, done); text != "once" {
			t.Fatalf("%q was done", text)
		}
		if err := q.Insert(t.Context(), "tell", "last"); err != nil {
			t.Fatal(err)
		}
		if text := next(t, done); text != "last" {
			t.Fatalf("%q was done", text)
		}
		if err := q.Insert(t.Context(), "nothing", "x"); err == nil {
			t.Fatal("work that nothing does was taken")
		}
	})
}

func TestQueue_TriesAgainAndGivesUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		q, logged := open(t, s)
		type seen struct{ n, of int }
		tries := make(chan seen, 10)
		soon := func(int) time.Duration { return time.Millisecond }
		q.Handle("fail", jobs.Options{Tries: 3, Pause: soon}, func(ctx context.Context, _ []byte) error {
			n, of := jobs.TryOf(ctx)
			tries <- seen{n, of}
			if n == 2 {
				panic("on the second")
			}
			return errors.New("no luck")
		})
		hopeless := make(chan string, 10)
		q.Handle("hopeless", jobs.Options{Tries: 3, Pause: soon}, func(context.Context, []byte) error {
			hopeless <- "tried"
			return jobs.GiveUp(errors.New("no use"))
		})
		slow := make(chan string, 10)
		q.Handle("slow", jobs.Options{Tries: 2, Timeout: 50 * time.Millisecond, Pause: soon}, func(ctx context.Context, _ []byte) error {
			<-ctx.Done()
			slow <- "ended"
			return ctx.Err()
		})
		done := make(chan string, 10)
		q.Handle("tell", jobs.Options{}, texts(done))
		run(t, q)
		for _, name := range []string{"fail", "hopeless", "slow"} {
			if err := q.Insert(t.Context(), name, "body-of-"+name); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 3 {
			if got := next(t, tries); got != (seen{n + 1, 3}) {
				t.Fatalf("try %+v, want %d of 3", got, n+1)
			}
		}
		next(t, hopeless)
		next(t, slow)
		next(t, slow)
		if err := q.Insert(t.Context(), "tell", "after"); err != nil {
			t.Fatal(err)
		}
		next(t, done)
		if len(tries)+len(hopeless)+len(slow) != 0 {
			t.Fatal("given up, and tried again")
		}
		text := logged.String()
		if !strings.Contains(text, "no luck") || !strings.Contains(text, "work panicked") || strings.Contains(text, "body-of-") {
			t.Fatalf("the log: %s", text)
		}
	})
}

func TestQueue_EveryRunsAtTheStartAndAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		q, _ := open(t, s)
		ran := make(chan string, 100)
		q.Every("tidy", time.Second, func(context.Context) error {
			ran <- "tidied"
			return errors.New("and failed")
		})
		run(t, q)
		next(t, ran)
		next(t, ran)
	})
}

// Work that runs when the service ends may finish; what does not is done again at the next start, and the end costs it no try.
func TestQueue_EndWaitsForWork(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		q, _ := open(t, s)
		began, finish, done := make(chan string, 1), make(chan string), make(chan string, 1)
		q.Handle("long", jobs.Options{}, func(context.Context, []byte) error {
			began <- ""
			<-finish
			done <- ""
			return nil
		})
		stop := run(t, q)
		if err := q.Insert(t.Context(), "long", nil); err != nil {
			t.Fatal(err)
		}
		next(t, began)
		ended := make(chan string)
		go func() { stop(); close(ended) }()
		close(finish)
		next(t, ended)
		if len(done) != 1 {
			t.Fatal("the queue ended before its work")
		}
	})
}

// Two replicas that start at the same time bring the tables up to date once.
func TestNew_ManyAtOnce(t *testing.T) {
	s := storetest.Postgres(t)
	failed := make(chan error, 4)
	for range cap(failed) {
		go func() {
			_, err := jobs.New(t.Context(), s, slog.New(slog.DiscardHandler))
			failed <- err
		}()
	}
	for range cap(failed) {
		if err := next(t, failed); err != nil {
			t.Error(err)
		}
	}
}

// crashEnv names the database of the process that TestQueue_CrashLosesNothing starts and kills.
const crashEnv = "VESTIBULE_JOBS_CRASH"

func TestMain(m *testing.M) {
	dsn := os.Getenv(crashEnv)
	if dsn == "" {
		os.Exit(m.Run())
	}
	if err := workUntilKilled(context.Background(), dsn); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

// workUntilKilled is that process: it commits work, begins other work, and waits to be killed.
func workUntilKilled(ctx context.Context, dsn string) error {
	s, err := store.Open(ctx, dsn)
	if err != nil {
		return err
	}
	q, err := jobs.New(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	q.Handle("begun", jobs.Options{}, func(context.Context, []byte) error {
		if err := s.InTx(context.Background(), func(ctx context.Context) error { return q.Insert(ctx, "tell", "committed") }); err != nil {
			return err
		}
		_, _ = os.Stderr.WriteString("ready\n")
		select {}
	})
	q.Handle("tell", jobs.Options{}, func(context.Context, []byte) error { select {} }) // whoever kills may be slower than the queue
	if err := q.Insert(ctx, "begun", "begun"); err != nil {
		return err
	}
	return q.Run(ctx)
}

func TestQueue_CrashLosesNothing(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "vestibule.db")
	//nolint:forbidigo // this very test program, to be killed
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashEnv+"="+dsn)
	out, err := child.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("ready\n"))
	if _, err := out.Read(line); err != nil || string(line) != "ready\n" {
		t.Fatalf("the process said %q, %v", line, err)
	}
	if err := child.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()

	s, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	q, _ := open(t, s)
	done := make(chan string, 10)
	q.Handle("tell", jobs.Options{}, texts(done))
	q.Handle("begun", jobs.Options{}, texts(done))
	run(t, q)
	got := map[string]bool{next(t, done): true, next(t, done): true}
	if !got["begun"] || !got["committed"] {
		t.Fatalf("done after the crash: %v", got)
	}
}
