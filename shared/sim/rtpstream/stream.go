package rtpstream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"vestibule/shared/sim/watch"
)

const (
	frame        = 20 * time.Millisecond
	frameSamples = 160
	digitFrames  = 6 // 120 ms
)

// Stats are the counts of a stream.
type Stats struct {
	Port     uint16 `json:"port"`
	Remote   string `json:"remote,omitempty"` // where we send to
	Sent     int    `json:"sent"`             // packets, digits included
	Received int    `json:"received"`         // packets, digits included
	Refused  int    `json:"refused"`          // datagrams that were not RTP
	From     string `json:"from,omitempty"`   // source of the last packet
	Digits   string `json:"digits"`           // received by RFC 4733
}

// Stream is the sound of one call.
type Stream struct {
	conn    *net.UDPConn
	at      netip.AddrPort
	onDigit func(digit string)
	point   watch.Point
	keys    chan key
	tone    []byte
	muted   func() bool
	over    chan struct{}

	mu       sync.Mutex
	remote   Remote
	own      uint8 // payload type of events to us
	stats    Stats
	lastSSRC uint32
	lastTime uint32
	heard    bool
}

// key is a digit waiting to be sent.
type key struct {
	code uint8
	done chan struct{}
}

// ErrOver says that the stream has ended.
var ErrOver = errors.New("stream is over")

// Open binds a port at addr. onDigit is told each digit once. muted, if given, drops everything while true.
func Open(addr netip.Addr, onDigit func(digit string), muted func() bool) (*Stream, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		return nil, err
	}
	port := uint16(conn.LocalAddr().(*net.UDPAddr).Port)
	s := &Stream{
		conn: conn, at: netip.AddrPortFrom(addr, port), onDigit: onDigit, muted: muted, keys: make(chan key),
		over: make(chan struct{}),
		own:  payloadEvents, tone: make([]byte, frameSamples), stats: Stats{Port: port},
	}
	if s.muted == nil {
		s.muted = func() bool { return false }
	}
	for i := range s.tone { // 400 Hz: eight whole waves in a frame
		s.tone[i] = mulaw(int16(8000 * math.Sin(2*math.Pi*400*float64(i)/8000)))
	}
	return s, nil
}

// Addr is where sound is expected.
func (s *Stream) Addr() netip.AddrPort { return s.at }

// SetRemote says where sound goes, from the other end's description. answered tells that the description was an offer
// to which we answered with its own event number.
func (s *Stream) SetRemote(r Remote, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remote = r
	s.stats.Remote = r.Addr.String()
	if answered && r.Events != 0 {
		s.own = r.Events
	}
}

// Stats is a copy of the counts.
func (s *Stream) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Wait returns once cond holds, or with the context's error.
func (s *Stream) Wait(ctx context.Context, cond func(Stats) bool) error {
	return s.point.Wait(ctx, func() bool { return cond(s.Stats()) })
}

// Run sends and receives until ctx ends, then frees the port.
func (s *Stream) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(s.receive)
	s.send(ctx)
	close(s.over)
	err := s.conn.Close()
	wg.Wait()
	return err
}

// Digit sends one digit by RFC 4733 and returns when its last packet is out.
func (s *Stream) Digit(ctx context.Context, digit string) error {
	code := strings.Index(digits, strings.ToUpper(digit))
	if len(digit) != 1 || code < 0 {
		return fmt.Errorf("digit %q is unknown", digit)
	}
	s.mu.Lock()
	able := s.remote.Events != 0 && s.remote.Takes
	s.mu.Unlock()
	if !able {
		return errors.New("the other end takes no telephone events")
	}
	k := key{code: uint8(code), done: make(chan struct{})}
	select {
	case s.keys <- k:
	case <-s.over:
		return ErrOver
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-k.done:
		return nil
	case <-s.over:
		return ErrOver
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sender is the sending half: one clock for sound and digits.
type sender struct {
	s           *Stream
	sequence    uint16
	timestamp   uint32
	ssrc        uint32
	active      *key
	eventStart  uint32
	eventFrames int
	fresh       bool
}

func (s *Stream) send(ctx context.Context) {
	tick := time.NewTicker(frame)
	defer tick.Stop()
	out := &sender{s: s, sequence: uint16(rand.Uint32()), timestamp: rand.Uint32(), ssrc: rand.Uint32(), fresh: true}
	for {
		keys := s.keys
		if out.active != nil {
			keys = nil
		}
		select {
		case <-ctx.Done():
			return
		case k := <-keys:
			out.active, out.eventStart, out.eventFrames = &k, out.timestamp, 0
		case <-tick.C:
			out.frame()
		}
	}
}

func (o *sender) frame() {
	o.s.mu.Lock()
	remote := o.s.remote
	o.s.mu.Unlock()
	if remote.Addr.IsValid() && remote.Takes {
		if o.active != nil {
			o.eventFrame(remote)
		} else {
			o.packet(remote.Addr, payloadPCMU, o.fresh, o.timestamp, o.s.tone)
			o.fresh = false
		}
	}
	o.timestamp += frameSamples
}

// eventFrame sends one update of the digit, and at its end the three packets of RFC 4733 section 2.5.1.4.
func (o *sender) eventFrame(remote Remote) {
	o.eventFrames++
	e := event{code: o.active.code, duration: uint16(o.eventFrames * frameSamples)}
	if o.eventFrames < digitFrames {
		o.packet(remote.Addr, remote.Events, o.eventFrames == 1, o.eventStart, e.bytes())
		return
	}
	e.end = true
	for range 3 {
		o.packet(remote.Addr, remote.Events, false, o.eventStart, e.bytes())
	}
	close(o.active.done)
	o.active, o.fresh = nil, true
}

func (o *sender) packet(to netip.AddrPort, payloadType uint8, marker bool, timestamp uint32, payload []byte) {
	p := packet{payloadType: payloadType, marker: marker, sequence: o.sequence, timestamp: timestamp, ssrc: o.ssrc, payload: payload}
	o.sequence++
	if o.s.muted() {
		return
	}
	if _, err := o.s.conn.WriteToUDPAddrPort(p.bytes(), to); err != nil {
		return
	}
	o.s.mu.Lock()
	o.s.stats.Sent++
	o.s.mu.Unlock()
}

func (s *Stream) receive() {
	buf := make([]byte, 2048)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || s.muted() {
			continue
		}
		if digit := s.take(buf[:n], from); digit != "" && s.onDigit != nil {
			s.onDigit(digit)
		}
		s.point.Notify()
	}
}

// take counts a packet and gives the digit it starts, if it does.
func (s *Stream) take(b []byte, from netip.AddrPort) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := parsePacket(b)
	if err != nil {
		s.stats.Refused++
		return ""
	}
	s.stats.Received++
	s.stats.From = netip.AddrPortFrom(from.Addr().Unmap(), from.Port()).String()
	if p.payloadType != s.own {
		return ""
	}
	e, ok := parseEvent(p.payload)
	if !ok || s.heard && s.lastSSRC == p.ssrc && s.lastTime == p.timestamp {
		return "" // all packets of one digit bear one timestamp
	}
	s.heard, s.lastSSRC, s.lastTime = true, p.ssrc, p.timestamp
	digit := digits[e.code : e.code+1]
	if len(s.stats.Digits) < 100 {
		s.stats.Digits += digit
	}
	return digit
}
