package main

import (
	"cmp"
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
	"syscall"
	"time"

	"vestibule/deploy/measure"
)

// startPostgres makes a cluster of its own with PostgreSQL's own settings, on a Unix socket in a temporary folder, and gives the
// address of its database. stop ends it and takes the folder away.
func startPostgres(ctx context.Context) (dsn string, stop func(), err error) {
	return startPostgresIn(ctx, "")
}

// startPostgresIn does the same with its data in a folder that stays, and with what that holds already; "" is the temporary folder.
func startPostgresIn(ctx context.Context, data string) (dsn string, stop func(), err error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", nil, fmt.Errorf("no /usr/lib/postgresql/*/bin/initdb: make peers installs it")
	}
	bin := filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(major(a), major(b)) }))
	dir, err := os.MkdirTemp("/tmp", "vestibule-pg-") // short: the path of a socket is
	if err != nil {
		return "", nil, err
	}
	stop = func() { _ = os.RemoveAll(dir) }
	if data == "" {
		data = filepath.Join(dir, "data")
	}
	as, err := owner(dir)
	if err == nil {
		err = initCluster(ctx, bin, data, as)
	}
	if err != nil {
		stop()
		return "", nil, err
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=")
	cmd.SysProcAttr, cmd.Dir = as(), dir
	server, err := measure.StartAs("postgres", cmd)
	if err != nil {
		stop()
		return "", nil, err
	}
	stop = func() { server.End(syscall.SIGINT); _ = os.RemoveAll(dir) }
	dsn = "postgres:///postgres?" + url.Values{"host": {dir}, "user": {"vestibule"}}.Encode()
	if err := answers(ctx, server, dsn); err != nil {
		stop()
		return "", nil, err
	}
	return dsn, stop, nil
}

// initCluster makes a cluster in a folder that holds none.
func initCluster(ctx context.Context, bin, data string, as func() *syscall.SysProcAttr) error {
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		return nil
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	if _, err := owner(data); err != nil {
		return err
	}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", "vestibule", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
	initdb.SysProcAttr, initdb.Dir = as(), data
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func answers(ctx context.Context, server *measure.Process, dsn string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return measure.Eventually(ctx, 30*time.Second, "PostgreSQL answers", func() (bool, error) {
		if server.Ended() {
			return false, fmt.Errorf("postgres ended: %w\n%s", server.Err, server.Said)
		}
		return db.PingContext(ctx) == nil, nil
	})
}

func major(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// owner gives the folder to another user when the bench runs as root, whom PostgreSQL refuses.
func owner(dir string) (func() *syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return func() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }, nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	as := func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	return as, os.Chown(dir, int(uid), int(gid))
}
