package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vestibule/cloud/store"
)

// cluster is a PostgreSQL of our own: a Unix socket and the data in one temporary folder. It ends with the pipe that the test
// program holds, so nothing is left however the program ends.
type cluster struct {
	dir   string
	admin *sql.DB
	hold  *os.File // the writing end of the pipe
}

var (
	started   = sync.OnceValues(start)
	databases atomic.Int64
)

const (
	template = "vestibule_template"
	// keep waits for the end of its input, then stops the server and removes the folder.
	keep = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off ` +
		`-c synchronous_commit=off -c shared_buffers=16MB -c max_connections=200 -c max_wal_size=256MB >"$2/log" 2>&1 </dev/null & pid=$!
read -r _; kill -INT $pid; wait $pid; cd /; rm -rf "$2"`
)

// PostgresDSN makes a database with the current schema and gives its address. It is dropped when the test ends.
func PostgresDSN(t *testing.T) string {
	t.Helper()
	c, err := started()
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	name := "t" + strconv.FormatInt(databases.Add(1), 10)
	if err := c.exec("CREATE DATABASE " + name + " TEMPLATE " + template + " STRATEGY file_copy"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return c.dsn(name)
}

func (c *cluster) dsn(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {c.dir}, "user": {"vestibule"}}.Encode()
}

func (c *cluster) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err := c.admin.ExecContext(ctx, statement)
	return err
}

func start() (*cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "vestibule-pg-")
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir}
	if err := c.boot(bin); err != nil {
		logged, _ := os.ReadFile(filepath.Join(dir, "log"))
		if c.hold != nil {
			_ = c.hold.Close()
		}
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("%w\n%s", err, logged)
	}
	return c, nil
}

// boot makes the cluster, starts it and fills the template.
func (c *cluster) boot(bin string) error {
	as, err := owner(c.dir)
	if err != nil {
		return err
	}
	//nolint:forbidigo // tests need a real PostgreSQL
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(c.dir, "data"), "-U", "vestibule", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	initdb.SysProcAttr, initdb.Dir = as, c.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(out))
	}
	end, hold, err := os.Pipe()
	if err != nil {
		return err
	}
	defer end.Close()
	c.hold = hold
	//nolint:forbidigo // the shell outlives a killed test program and cleans up after it
	keeper := exec.Command("/bin/sh", "-c", keep, "keep", bin, c.dir)
	keeper.SysProcAttr, keeper.Dir, keeper.Stdin = as, c.dir, end
	if err := keeper.Start(); err != nil {
		return err
	}
	if c.admin, err = sql.Open("pgx", c.dsn("postgres")); err != nil {
		return err
	}
	if err := c.wait(); err != nil {
		return err
	}
	if err := c.exec("CREATE DATABASE " + template); err != nil {
		return err
	}
	s, err := store.Open(context.Background(), c.dsn(template))
	if err != nil {
		return err
	}
	return s.Close()
}

// wait returns when the server takes connections.
func (c *cluster) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := c.admin.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server did not start: %w", err)
		case <-tick.C:
		}
	}
}

// programs finds the folder of initdb and postgres; the newest version wins.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no /usr/lib/postgresql/*/bin/initdb: make peers installs it")
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// owner gives the folder to another user when the tests run as root, whom PostgreSQL refuses. The server is in a process group
// of its own, so that Ctrl-C reaches it through the pipe, after the tests.
func owner(dir string) (*syscall.SysProcAttr, error) {
	as := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return as, nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return as, os.Chown(dir, uid, gid)
}
