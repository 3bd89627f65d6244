package measure

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settled gives the resident memory in MiB once it moved by less than 1 % for some time, at most after 20 s.
func Settled(ctx context.Context, p *Process, still time.Duration) (float64, error) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	keep := int(still / (250 * time.Millisecond))
	var last []float64
	for range 80 {
		now, err := Resident(p.PID())
		if err != nil {
			return math.NaN(), err
		}
		last = append(last, now)
		last = last[max(0, len(last)-keep):]
		if len(last) == keep && slices.Max(last) <= 1.01*slices.Min(last) {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return math.NaN(), ctx.Err()
		}
	}
	return last[len(last)-1], nil
}

// Resident gives the resident memory in MiB.
func Resident(pid int) (float64, error) { return StatusOf(pid, "VmRSS:") }

// StatusOf reads an amount of memory of a process (proc_pid_status(5)) in MiB.
func StatusOf(pid int, name string) (float64, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return math.NaN(), err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return float64(kib) / 1024, err
		}
	}
	return math.NaN(), fmt.Errorf("process %d has no %s", pid, name)
}

// MachineMemory is what the machine has in MiB.
func MachineMemory() (float64, error) {
	data, err := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			return float64(kib) / 1024, err
		}
	}
	return math.NaN(), err
}
