package main

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vestibule/deploy/measure"
)

//go:embed testdata/kamailio.cfg
var kamailioConfig []byte

// kamailio is the proxy from Debian, set up as fast as we know: two workers, memory for the transactions of an hour.
type kamailio struct {
	*measure.Process
	at     netip.AddrPort
	config string
}

// startKamailio starts it on the core of the peers; calls says when it takes them.
func startKamailio(dir string) (*kamailio, error) {
	config := filepath.Join(dir, "kamailio.cfg")
	if err := os.WriteFile(config, kamailioConfig, 0o600); err != nil {
		return nil, err
	}
	free, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	k := &kamailio{at: free.LocalAddr().(*net.UDPAddr).AddrPort(), config: config}
	if err := free.Close(); err != nil {
		return nil, err
	}
	return k, k.begin()
}

// begin starts the program.
func (k *kamailio) begin() (err error) {
	words := append(append([]string(nil), measure.OnPeerCore...), "kamailio", "-f", k.config, "-DD", "-E", "-m", "2048", "-M", "16", "-l", "udp:"+k.at.String())
	k.Process, err = measure.Start("Kamailio", words[0], words[1:]...)
	return err
}

// way: the number says where the monitors are, so that it needs no registrations.
func (k *kamailio) way() way {
	return way{"Kamailio", func(l *line) (netip.AddrPort, string) {
		return k.at, strings.ReplaceAll(l.first.address()+"_"+l.second.address(), ":", "_")
	}}
}

// answers waits until calls that go a way are answered, and gives the time from since until the first was.
func (h *load) answers(ctx context.Context, by way, since time.Time) (time.Duration, error) {
	var rings []*ring
	first := time.Time{}
	err := measure.Eventually(ctx, 10*time.Second, by.name+" answers", func() (bool, error) {
		for range 20 { // eventually looks every 20 ms
			rings = append(rings, h.lines[len(rings)%len(h.lines)].start(by))
			measure.Pause(ctx, time.Millisecond)
			if first = h.firstAnswer(rings); !first.IsZero() {
				return true, nil
			}
		}
		return false, nil
	})
	h.finish(ctx, time.Second)
	if err != nil {
		said := ""
		if len(rings) > 0 {
			said = rings[0].refused
		}
		return 0, fmt.Errorf("%w (%s)", err, said)
	}
	return first.Sub(since), nil
}

func (h *load) firstAnswer(rings []*ring) (first time.Time) {
	for _, l := range h.lines {
		l.mu.Lock()
		defer l.mu.Unlock()
	}
	for _, r := range rings {
		if !r.answered.IsZero() && (first.IsZero() || r.answered.Before(first)) {
			first = r.answered
		}
	}
	return first
}
