package measure

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
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
func Used(group int) (float64, error) {
	total := 0.0
	return total, eachOf(group, func(_ string, fields []string) error {
		for _, at := range []int{11, 12} { // utime and stime, counted from after the name
			n, err := strconv.ParseFloat(fields[at], 64)
			if err != nil {
				return err
			}
			total += n * 1000 / ticks
		}
		return nil
	})
}

// Proportional is the memory of a program and its children (Pss of smaps_rollup, proc(5)) in MiB: what they share counts once.
func Proportional(group int) (float64, error) {
	total := 0.0
	return total, eachOf(group, func(dir string, _ []string) error {
		data, err := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
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

// eachOf goes through the processes of a group with the fields of their stat after the name.
func eachOf(group int, do func(dir string, fields []string) error) error {
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
		if fields := strings.Fields(rest); len(fields) > 12 && fields[2] == strconv.Itoa(group) {
			found = true
			if err := do(dir, fields); err != nil {
				return err
			}
		}
	}
	if !found {
		return fmt.Errorf("no process of group %d", group)
	}
	return nil
}
