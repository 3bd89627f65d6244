package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"vestibule/agent"
	"vestibule/agent/link"
	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
	"vestibule/shared/wire"
)

const (
	againUp   = "reconnect of an unchanged site, up"
	againDown = "reconnect of an unchanged site, down"
	againBoth = "reconnect of an unchanged site, MQTT bytes above TLS"
	againTold = "the same after a break that the log tells of, both"
)

var wantedAgain = []string{againUp, againDown, againBoth, againTold}

// longBreak is above wire.QuietFor: the agent calls the link down, and says so.
const longBreak = wire.QuietFor + 2*time.Second

// mostAgain is what an unchanged site's reconnect may cost, in bytes.
const mostAgain = 1000

// What TLS 1.3 (RFC 8446) adds: a header before each record, and inside it a tag of 16 bytes and one that tells the content.
const (
	recordHeader   = 5
	recordOverhead = 17
	recordData     = 23 // content type application_data, as all encrypted records have it
)

// Encrypted records of the handshake before the first byte of MQTT: the client's Certificate, CertificateVerify and Finished; the server's
// EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify and Finished. Go gives a ticket only to a client that keeps sessions; ours does not.
const (
	handshakeUp   = 3
	handshakeDown = 5
)

// weighed is what one connection carried above TLS.
type weighed struct {
	mu       sync.Mutex
	up, down int
	last     time.Time
	conns    [2]net.Conn
}

func (w *weighed) add(into *int, bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*into += bytes
	w.last = time.Now()
}

// still tells whether the connection carried something and then nothing for some time.
func (w *weighed) still(d time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.up > 0 && w.down > 0 && time.Since(w.last) >= d
}

func (w *weighed) cut() {
	for _, c := range w.conns {
		_ = c.Close()
	}
}

// scale is a wire that weighs what goes over it.
type scale struct {
	listener net.Listener
	target   string
	taken    chan *weighed
	shut     atomic.Int64 // until when nobody gets through, in nanoseconds
}

func newScale() (*scale, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &scale{listener: l, taken: make(chan *weighed, 16)}, nil
}

// run carries connections until the listener is closed.
func (s *scale) run() {
	for {
		from, err := s.listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", s.target)
		if err == nil && time.Now().UnixNano() < s.shut.Load() {
			_ = to.Close()
			err = net.ErrClosed
		}
		if err != nil {
			_ = from.Close()
			continue
		}
		w := &weighed{conns: [2]net.Conn{from, to}}
		go func() { defer w.cut(); w.carry(to, from, &w.up, handshakeUp) }()
		go func() { defer w.cut(); w.carry(from, to, &w.down, handshakeDown) }()
		s.taken <- w
	}
}

// carry copies records and adds what the encrypted ones hold, the first few left out.
func (w *weighed) carry(to io.Writer, from io.Reader, into *int, left int) {
	record := make([]byte, recordHeader+1<<15)
	for {
		if _, err := io.ReadFull(from, record[:recordHeader]); err != nil {
			return
		}
		size := int(binary.BigEndian.Uint16(record[3:]))
		if recordHeader+size > len(record) {
			return
		}
		if _, err := io.ReadFull(from, record[recordHeader:recordHeader+size]); err != nil {
			return
		}
		if record[0] == recordData {
			if left--; left < 0 {
				w.add(into, size-recordOverhead)
			}
		}
		if _, err := to.Write(record[:recordHeader+size]); err != nil {
			return
		}
	}
}

// measureAgain lets an agent come back that nothing happened to, some times, and weighs what it and the cloud say until both are silent.
func measureAgain(ctx context.Context, dir string, p measure.Programs, n amounts) ([]figure, error) {
	s, err := newScale()
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.listener.Close() }()
	data := filepath.Join(dir, "again-cloud")
	cloud, err := startCloud(ctx, p.Cloud, data, "--mqtt-host", s.listener.Addr().String())
	if err != nil {
		return nil, err
	}
	defer cloud.End(syscall.SIGTERM)
	client, err := setUp(ctx, cloud, data)
	if err != nil {
		return nil, err
	}
	at, err := cloud.Finds(ctx, `MQTT: (\S+)\)`)
	if err != nil {
		return nil, err
	}
	s.target = at[1]
	go s.run()
	site, err := stack.NewSite(ctx, client, "Unchanged", "101", "102")
	if err != nil {
		return nil, err
	}
	claim, err := site.Claim(ctx, client)
	if err != nil {
		return nil, err
	}
	a, err := agent.New(ctx, agent.Config{
		DataDir: filepath.Join(dir, "again"), LAN: "127.0.0.1:0", SIP: "127.0.0.1:0", Claim: claim, Version: "bench",
		Pace: agent.Pace{Link: link.Pace{LeastBackoff: 50 * time.Millisecond, MostBackoff: 100 * time.Millisecond}},
	})
	if err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() { _ = a.Run(life) })
	defer func() { stop(); ended.Wait() }()
	figures, err := s.weigh(ctx, n.again)
	if err != nil {
		return nil, err
	}
	told, err := s.weighTold(ctx, n.again)
	return append(figures, told), err
}

// weighTold weighs those that come after a longer break.
func (s *scale) weighTold(ctx context.Context, times int) (figure, error) {
	heaviest := 0
	for i := range times {
		w, err := s.silent(ctx)
		if err != nil {
			return figure{}, err
		}
		s.shut.Store(time.Now().Add(longBreak).UnixNano())
		w.cut()
		if i > 0 {
			heaviest = max(heaviest, w.up+w.down)
		}
	}
	w, err := s.silent(ctx)
	if err != nil {
		return figure{}, err
	}
	return figure{
		againTold, float64(max(heaviest, w.up+w.down)), "bytes",
		fmt.Sprintf("the heaviest of %d after %s without the cloud: two rows of the log, their signed checkpoint and the answer come with it", times, longBreak),
	}, nil
}

// silent waits for the next connection and until nothing more is said on it.
func (s *scale) silent(ctx context.Context) (w *weighed, err error) {
	select {
	case w = <-s.taken:
	case <-time.After(time.Minute):
		return nil, errors.New("the agent does not come back")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return w, measure.Eventually(ctx, 20*time.Second, "the connection is silent", func() (bool, error) { return w.still(2 * time.Second), nil })
}

// weigh cuts the connection as often as said and gives the heaviest of those that came after.
func (s *scale) weigh(ctx context.Context, times int) ([]figure, error) {
	up, down := 0, 0
	for i := range times + 2 { // the first brings the document, the second may say that it is held
		w, err := s.silent(ctx)
		if err != nil {
			return nil, err
		}
		w.cut()
		if i > 1 && w.up+w.down > up+down {
			up, down = w.up, w.down
		}
	}
	how := fmt.Sprintf("the heaviest of %d: CONNECT, SUBSCRIBE, hello and all that follows until both are silent for 2 s", times)
	return []figure{
		{againUp, float64(up), "bytes", how},
		{againDown, float64(down), "bytes", "CONNACK, SUBACK, PUBACK, welcome"},
		{againBoth, float64(up + down), "bytes", "both; the payload of the TLS records after the handshake"},
	}, nil
}
