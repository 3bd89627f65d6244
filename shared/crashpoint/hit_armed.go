//go:build crashpoints

package crashpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Environment is the variable that arms one point of the process: a name, or name:count.
const Environment = "VESTIBULE_CRASH_AT"

var (
	armed, left = parse(os.Getenv(Environment))
	remaining   = func() *atomic.Int64 { n := new(atomic.Int64); n.Store(left); return n }()
)

// Hit kills this process at once when name is the armed point and has been reached often enough.
func Hit(name string) {
	if armed == "" || name != armed || remaining.Add(-1) != 0 {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way: no further step of this goroutine may run
}

// parse splits name:count; without a count the first hit is meant.
func parse(value string) (string, int64) {
	name, count, found := strings.Cut(value, ":")
	if !found {
		return name, 1
	}
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil || n < 1 {
		return name, 1
	}
	return name, n
}
