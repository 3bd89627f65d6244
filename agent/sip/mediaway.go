package sip

import (
	"log/slog"
	"sync"

	"vestibule/agent/media"
	"vestibule/agent/peer/path"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// mediaWay is the media of a leg that does not end on this LAN: a path to the other end and, once the device's side is known, the half toward it.
type mediaWay struct {
	p    *path.Path
	say  func(wire.MediaPath)
	up   func()
	down func(why string)

	mu     sync.Mutex
	half   *media.Half
	closed bool
}

// newMediaWay opens this end of a way. up and down are told once each at most, from goroutines of their own; say takes what the other end has to be
// told, as it is found out.
func (s *Server) newMediaWay(say func(wire.MediaPath), up func(), down func(why string)) (*mediaWay, error) {
	w := &mediaWay{say: say, up: up, down: down}
	cfg := path.Config{Logger: s.log}
	if s.cfg.Paths != nil {
		cfg = s.cfg.Paths()
	}
	ready := make(chan struct{}) // w.p is set
	defer close(ready)
	var err error
	w.p, err = path.New(cfg, path.Events{
		Candidate: func(text string) {
			<-ready
			w.say(wire.MediaPath{Candidates: []string{text}})
		},
		Up: w.up, Down: w.down, Packet: w.take,
	})
	if err != nil {
		s.log.Warn("no way for media", slog.Any(logkey.Err, err))
	}
	return w, err
}

// local is what the other end has to know before any candidate.
func (w *mediaWay) local() (*wire.MediaPath, error) {
	l, err := w.p.Local()
	if err != nil {
		return nil, err
	}
	return &wire.MediaPath{Ufrag: l.Ufrag, Password: l.Password, Fingerprint: l.Fingerprint}, nil
}

// mostCandidates bounds what one message may bring.
const mostCandidates = 32

// hear takes what the other end says of itself.
func (w *mediaWay) hear(m *wire.MediaPath, calling bool) {
	if m == nil {
		return
	}
	for i, c := range m.Candidates {
		if i < mostCandidates {
			w.p.Candidate(c)
		}
	}
	if m.Ufrag != "" {
		w.p.Start(path.Local{Ufrag: m.Ufrag, Password: m.Password, Fingerprint: m.Fingerprint}, calling)
	}
}

// attach joins the half toward the device; false when the way has closed.
func (w *mediaWay) attach(h *media.Half) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.half = h
	return true
}

// hold takes a description that the device changes inside the call. What the other end need not agree to is answered here; anything else is refused,
// and the call goes on as it was (RFC 3261 section 14.1).
func (w *mediaWay) hold(offer []byte) ([]byte, answer) {
	w.mu.Lock()
	h := w.half
	w.mu.Unlock()
	if h == nil {
		return nil, inCall(488)
	}
	body, err := h.Hold(offer)
	if err != nil {
		return nil, inCall(488)
	}
	return body, inCall(200)
}

// take passes a packet of the other end to the device.
func (w *mediaWay) take(rtcp bool, packet []byte) {
	w.mu.Lock()
	h := w.half
	w.mu.Unlock()
	if h != nil {
		h.Take(rtcp, packet)
	}
}

// send passes a packet of the device to the other end.
func (w *mediaWay) send(rtcp bool, packet []byte) {
	_ = w.p.Send(rtcp, packet) // a lost packet is a lost packet
}

// close ends the way and gives the ports back. It waits, so no event calls it.
func (w *mediaWay) close() {
	w.mu.Lock()
	w.closed = true
	h := w.half
	w.mu.Unlock()
	w.p.Close()
	if h != nil {
		h.Close()
	}
}
