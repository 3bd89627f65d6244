package metrics

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// began is when the program began, as near as it knows.
var began = time.Now()

// process writes what the program uses, under the names that Prometheus gives these numbers everywhere.
func (p *page) process() {
	p.family("go_goroutines", gauge, "Goroutines that exist.", sample{float64(runtime.NumGoroutine()), nil})
	p.family("process_start_time_seconds", gauge, "When the program began, in seconds since 1970.", sample{float64(began.UnixMilli()) / 1000, nil})
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) == nil {
		seconds := time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
		p.family("process_cpu_seconds_total", counter, "Processor time, of the program and of the system for it.", sample{seconds, nil})
	}
	if n, ok := resident(); ok {
		p.family("process_resident_memory_bytes", gauge, "Memory that is in use.", sample{n, nil})
	}
}

// resident is the second number of statm, in pages (proc(5)).
func resident() (float64, bool) {
	text, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseFloat(string(fields[1]), 64)
	return pages * float64(os.Getpagesize()), err == nil
}
