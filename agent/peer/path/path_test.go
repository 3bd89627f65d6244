package path_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"vestibule/agent/peer/path"
)

const patience = 15 * time.Second

type packet struct {
	rtcp bool
	data []byte
}

// end is one end with what it tells.
type end struct {
	*path.Path
	candidates chan string
	up         chan struct{}
	down       chan string
	packets    chan packet
}

func newEnd(t *testing.T, cfg path.Config) *end {
	t.Helper()
	e := &end{candidates: make(chan string, 64), up: make(chan struct{}), down: make(chan string, 1), packets: make(chan packet, 64)}
	cfg.Loopback = true
	var err error
	e.Path, err = path.New(cfg, path.Events{
		Candidate: func(text string) { e.candidates <- text },
		Up:        func() { close(e.up) },
		Down:      func(why string) { e.down <- why },
		Packet:    func(rtcp bool, data []byte) { e.packets <- packet{rtcp, bytes.Clone(data)} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func (e *end) local(t *testing.T) path.Local {
	t.Helper()
	l, err := e.Local()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// join lets two ends find each other; each hears the other's candidates as they come.
func join(t *testing.T, a, b *end) {
	t.Helper()
	join2(t, a, b, a.local(t), b.local(t))
}

func join2(t *testing.T, a, b *end, atA, atB path.Local) {
	t.Helper()
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	pass := func(from, to *end) {
		for {
			select {
			case c := <-from.candidates:
				to.Candidate(c)
			case <-stop:
				return
			}
		}
	}
	go pass(a, b)
	go pass(b, a)
	a.Start(atB, true)
	b.Start(atA, false)
}

func (e *end) waitUp(t *testing.T) {
	t.Helper()
	select {
	case <-e.up:
	case why := <-e.down:
		t.Fatal(why)
	case <-time.After(patience):
		t.Fatal("not up")
	}
}

// rtp makes a packet of payload type 8.
func rtp(seq uint16, text string) []byte {
	p := []byte{0x80, 8, 0, 0, 0, 0, 0, 0, 0xca, 0xfe, 0, 1}
	binary.BigEndian.PutUint16(p[2:], seq)
	return append(p, text...)
}

// rtcp is a receiver report without blocks.
var rtcp = []byte{0x80, 201, 0, 1, 0xca, 0xfe, 0, 1}

// shows EDGE-07/R15 by agent/peer/path/packets.go: "p.on.Packet(rtcp, out)" => "_ = out"
func TestPath_CarriesPacketsAsTheyAreBothWays(t *testing.T) {
	a, b := newEnd(t, path.Config{}), newEnd(t, path.Config{})
	join(t, a, b)
	a.waitUp(t)
	b.waitUp(t)
	for _, way := range []struct{ from, to *end }{{a, b}, {b, a}} {
		for n, want := range []packet{{false, rtp(1, "one")}, {true, rtcp}, {false, rtp(2, "two")}} {
			if err := way.from.Send(want.rtcp, want.data); err != nil {
				t.Fatal(err)
			}
			select {
			case got := <-way.to.packets:
				if got.rtcp != want.rtcp || !bytes.Equal(got.data, want.data) {
					t.Errorf("%d: %v %x", n, got.rtcp, got.data)
				}
			case <-time.After(patience):
				t.Fatal("nothing arrived")
			}
		}
	}
}

// shows EDGE-07/R15 by agent/peer/path/path.go: "dtls.WithCertificates(p.cert), dtls.WithInsecureSkipVerify(true), dtls.WithVerifyPeerCertificate(verify)," => "dtls.WithCertificates(p.cert), dtls.WithInsecureSkipVerify(true), dtls.WithVerifyPeerCertificate(func([][]byte, [][]*x509.Certificate) error { _ = verify; return nil }),"
func TestPath_AnotherCertificateGetsNothing(t *testing.T) {
	for name, spoil := range map[string]func(a, b *path.Local){
		"calling end":   func(a, _ *path.Local) { a.Fingerprint[0] ^= 1 },
		"answering end": func(_, b *path.Local) { b.Fingerprint[0] ^= 1 },
		"no word of it": func(a, b *path.Local) { a.Fingerprint, b.Fingerprint = nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := newEnd(t, path.Config{}), newEnd(t, path.Config{})
			atA, atB := a.local(t), b.local(t)
			spoil(&atA, &atB)
			join2(t, a, b, atA, atB)
			select {
			case <-a.down:
			case <-b.down:
			case <-time.After(patience):
				t.Fatal("nobody noticed")
			}
			if a.Send(false, rtp(1, "x")) == nil && b.Send(false, rtp(1, "x")) == nil {
				t.Error("packets pass")
			}
		})
	}
}

func TestPath_AFarewellEndsTheOtherEndAtOnce(t *testing.T) {
	a, b := newEnd(t, path.Config{}), newEnd(t, path.Config{})
	join(t, a, b)
	a.waitUp(t)
	b.waitUp(t)
	began := time.Now()
	a.Close()
	select {
	case why := <-b.down:
		if why != "peer_closed" || time.Since(began) > 2*time.Second {
			t.Errorf("%s after %v", why, time.Since(began))
		}
	case <-time.After(patience):
		t.Fatal("not noticed")
	}
}

func TestPath_NobodyThereIsSaidAndNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	a := newEnd(t, path.Config{})
	a.Start(path.Local{Ufrag: "abcd", Password: "0123456789012345678901", Fingerprint: make([]byte, 32)}, true)
	select {
	case why := <-a.down:
		if why != "media_lost" && why != "no_media_path" {
			t.Error(why)
		}
	case <-time.After(patience):
		t.Fatal("not noticed")
	}
	a.Close()
	late := time.After(patience)
	for waits := true; waits && runtime.NumGoroutine() > before; {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-late:
			waits = false
		}
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines before, %d after", before, now)
	}
}
