package measure

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// Where a peer runs, and where the load that is put on it.
const (
	peerCore = "0"
	loadCore = "1"
)

// OnPeerCore are the words that start a program on the core of the peers.
var OnPeerCore = []string{"taskset", "-c", peerCore}

// PinLoad puts the bench, and whatever it starts from now on, on the core of the load; back undoes it.
func PinLoad() (back func(), err error) {
	if runtime.NumCPU() < 2 {
		return nil, errors.New("the peer and the load need a core each")
	}
	move := func(cores string) error {
		out, err := exec.Command("taskset", "-a", "-c", "-p", cores, strconv.Itoa(os.Getpid())).CombinedOutput()
		if err != nil {
			return fmt.Errorf("taskset: %w: %s", err, out)
		}
		return nil
	}
	if err := move(loadCore); err != nil {
		return nil, err
	}
	procs := runtime.GOMAXPROCS(1)
	return func() {
		_ = move("0-" + strconv.Itoa(runtime.NumCPU()-1))
		runtime.GOMAXPROCS(procs)
	}, nil
}

// ticks a second of the times in /proc/pid/stat (USER_HZ, the same on every Linux machine).
const ticks = 100

// Used is the processor time of a program and of its children that are in its process group, in milliseconds.
func Used(group int) (float64, error) { return used(inGroup(group), itself) }

// UsedByServer is Used of a program whose children have process groups of their own, as those of PostgreSQL, with the children that have ended.
func UsedByServer(pid int) (float64, error) {
	living, err := used(withChildren(pid), itself)
	if err != nil {
		return 0, err
	}
	gone, err := used(func(name string, _ []string) bool { return name == strconv.Itoa(pid) }, itsChildren)
	return living + gone, err
}

// Places of two times in /proc/pid/stat, counted from after the name.
var (
	itself      = []int{11, 12} // utime and stime
	itsChildren = []int{13, 14} // cutime and cstime: of those that have ended
)

// Proportional is the memory of a program and its children (Pss of smaps_rollup, proc(5)) in MiB: what they share counts once.
func Proportional(group int) (float64, error) { return proportional(inGroup(group)) }

// ProportionalOfServer is Proportional of a program whose children have process groups of their own.
func ProportionalOfServer(pid int) (float64, error) { return proportional(withChildren(pid)) }

// among tells whether a process is meant, by its number and the fields of its stat after the name.
type among func(pid string, fields []string) bool

func inGroup(group int) among {
	return func(_ string, fields []string) bool { return fields[2] == strconv.Itoa(group) }
}

func withChildren(server int) among {
	name := strconv.Itoa(server)
	return func(pid string, fields []string) bool { return pid == name || fields[1] == name }
}

func used(who among, places []int) (float64, error) {
	total := 0.0
	return total, eachOf(who, func(_ string, fields []string) error {
		for _, at := range places {
			n, err := strconv.ParseFloat(fields[at], 64)
			if err != nil {
				return err
			}
			total += n * 1000 / ticks
		}
		return nil
	})
}

func proportional(who among) (float64, error) {
	total := 0.0
	return total, eachOf(who, func(dir string, _ []string) error {
		data, err := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			return nil // it ended meanwhile
		}
		for line := range strings.Lines(string(data)) {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
				total += float64(kib) / 1024
				return err
			}
		}
		return err
	})
}

// eachOf goes through some processes with the fields of their stat after the name.
func eachOf(who among, do func(dir string, fields []string) error) error {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	found := false
	for _, dir := range dirs {
		data, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue // it ended meanwhile
		}
		_, rest, _ := strings.Cut(string(data), ") ")
		if fields := strings.Fields(rest); len(fields) > 14 && who(filepath.Base(dir), fields) {
			found = true
			if err := do(dir, fields); err != nil {
				return err
			}
		}
	}
	if !found {
		return errors.New("there is no such process")
	}
	return nil
}
