package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// Postgres is a cluster of its own with PostgreSQL's own settings, reached by a Unix socket.
type Postgres struct {
	DSN    string // of its database
	Data   string // its folder
	server *Process
	socket string
}

// StartPostgres makes a cluster in a folder, or starts the one that is there; without a folder it lies in a temporary one, and End takes it away. The
// words before come first on its command line, such as OnPeerCore.
func StartPostgres(ctx context.Context, folder string, before ...string) (*Postgres, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return nil, errors.New("no /usr/lib/postgresql/*/bin/initdb: make peers installs it")
	}
	bin := filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(major(a), major(b)) }))
	socket, err := os.MkdirTemp("/tmp", "vestibule-pg-") // short: the path of a socket is
	if err != nil {
		return nil, err
	}
	p := &Postgres{socket: socket, Data: cmp.Or(folder, filepath.Join(socket, "data"))}
	p.DSN = "postgres:///postgres?" + url.Values{"host": {socket}, "user": {"vestibule"}}.Encode()
	if err := p.start(ctx, bin, before); err != nil {
		p.End()
		return nil, err
	}
	return p, nil
}

func (p *Postgres) start(ctx context.Context, bin string, before []string) error {
	if err := os.MkdirAll(p.Data, 0o700); err != nil {
		return err
	}
	as, err := owner(p.socket, p.Data)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(p.Data, "PG_VERSION")); errors.Is(err, fs.ErrNotExist) {
		initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", p.Data, "-U", "vestibule", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
		initdb.SysProcAttr, initdb.Dir = as(), p.socket
		if out, err := initdb.CombinedOutput(); err != nil {
			return fmt.Errorf("initdb: %w\n%s", err, out)
		}
	}
	words := append(slices.Clone(before), filepath.Join(bin, "postgres"), "-D", p.Data, "-k", p.socket, "-c", "listen_addresses=")
	cmd := exec.Command(words[0], words[1:]...)
	cmd.SysProcAttr, cmd.Dir = as(), p.socket
	if p.server, err = StartAs("postgres", cmd); err != nil {
		return err
	}
	return Eventually(ctx, 30*time.Second, "PostgreSQL answers", func() (bool, error) {
		if p.server.Ended() {
			return false, fmt.Errorf("postgres ended: %w\n%s", p.server.Err, p.server.Said)
		}
		return exec.CommandContext(ctx, filepath.Join(bin, "pg_isready"), "-q", "-h", p.socket).Run() == nil, nil
	})
}

// PID names its first process.
func (p *Postgres) PID() int { return p.server.PID() }

// End stops it; what lay in a temporary folder is gone.
func (p *Postgres) End() {
	if p.server != nil {
		p.server.End(syscall.SIGINT)
	}
	_ = os.RemoveAll(p.socket)
}

func major(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// owner gives folders to another user when the caller runs as root, whom PostgreSQL refuses.
func owner(dirs ...string) (func() *syscall.SysProcAttr, error) {
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
	for _, dir := range dirs {
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			return nil, err
		}
	}
	return as, nil
}
