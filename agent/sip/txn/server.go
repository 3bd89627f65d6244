package txn

// Server is a request of the other side.
type Server struct {
	core
	forget    func()
	acked     chan struct{} // of INVITE: closed when the ACK of a 2xx comes with the branch of its INVITE
	heardAck  bool
	cancelled bool
	held      bool
	refusal   func() []byte // of a cancelled INVITE
	onCancel  func()
}

// Serve takes a request that came. One that came before is answered as before, and first is false; tx is nil when nothing is taken any more. way is
// asked for the way back of a new one.
func (l *Layer[R]) Serve(key Key, way func() Way) (tx *Server, first bool) {
	l.mu.Lock()
	tx = l.servers[key]
	if tx == nil && !l.closed {
		tx, first = &Server{}, true
		tx.core = core{kind: serverOther, key: key, way: way(), times: &l.times, wheel: l.wheel}
		if key.Method == "INVITE" {
			tx.kind, tx.at, tx.acked = serverInvite, proceeding, make(chan struct{})
		}
		tx.setUp(tx)
		tx.forget = func() {
			l.mu.Lock()
			delete(l.servers, key)
			l.mu.Unlock()
		}
		l.servers[key] = tx
	}
	l.mu.Unlock()
	if tx != nil && !first {
		tx.take(again)
	}
	return tx, first
}

// Find gives the transaction of a request that came before; nil when there is none.
func (l *Layer[R]) Find(key Key) *Server {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.servers[key]
}

// Acked tells of an ACK; false when it belongs to no transaction, as that of a 2xx.
func (l *Layer[R]) Acked(key Key) bool {
	tx := l.Find(key)
	if tx == nil {
		return false
	}
	tx.take(ack)
	return true
}

func (s *Server) take(in input) {
	s.mu.Lock()
	to, do, ok := step(s.kind, s.at, in)
	if !ok {
		s.mu.Unlock()
		return
	}
	s.at = to
	ended := s.drive(do)
	if do&send != 0 && s.last != nil && s.way.Send(s.last) != nil {
		ended = true
	}
	if do&heard != 0 && !s.heardAck {
		s.heardAck = true
		close(s.acked)
	}
	s.mu.Unlock()
	if ended {
		s.end()
	}
}

func (s *Server) rang(b *bell, turn uint32) {
	s.mu.Lock()
	old := b.turn != turn
	s.mu.Unlock()
	if !old {
		s.take(b.means)
	}
}

// Respond gives an answer; the text is the transaction's from now on. Fails with ErrCancelled when a CANCEL was faster, and with ErrOver when there is a
// final answer already.
func (s *Server) Respond(status int, text []byte) error {
	s.mu.Lock()
	ended, err := s.respond(answerOf(status), text)
	s.mu.Unlock()
	if ended {
		s.end()
	}
	return err
}

// respond is called with mu held.
func (s *Server) respond(in input, text []byte) (ended bool, err error) {
	to, do, ok := step(s.kind, s.at, in)
	switch {
	case !ok && s.cancelled:
		return false, ErrCancelled
	case !ok:
		return false, ErrOver
	}
	s.at, s.last = to, text
	ended = s.drive(do)
	if err = s.way.Send(text); err != nil {
		ended = true
	}
	if in != provisional {
		s.onCancel, s.refusal = nil, nil
	}
	if to == accepted { // its user repeats a 2xx
		s.last = nil
	}
	return ended, err
}

// Hold keeps an INVITE without a final answer after Drop. When it is cancelled it is refused with the text of refusal, and then cancelled is called, which
// must not wait; nil is nobody. False when it was cancelled before.
func (s *Server) Hold(refusal func() []byte, cancelled func()) bool {
	s.mu.Lock()
	s.held, s.refusal, s.onCancel = true, refusal, cancelled
	was, ended := s.cancelled, false
	if was && s.at == proceeding {
		ended = s.refuse()
	}
	live := !was && s.at != over
	s.mu.Unlock()
	if ended {
		s.end()
	}
	return live
}

// Cancel refuses an INVITE that has no final answer yet, as soon as its user has said with what. It does nothing to any other.
func (s *Server) Cancel() {
	s.mu.Lock()
	if s.kind != serverInvite || s.at != proceeding || s.cancelled {
		s.mu.Unlock()
		return
	}
	s.cancelled = true
	ended, tell := false, s.onCancel
	if s.refusal != nil {
		ended = s.refuse()
	}
	s.mu.Unlock()
	if tell != nil {
		tell()
	}
	if ended {
		s.end()
	}
}

// refuse is called with mu held.
func (s *Server) refuse() (ended bool) {
	ended, _ = s.respond(refusal, s.refusal()) // the caller repeats what was not heard
	return ended
}

// Cancelled tells whether the INVITE was cancelled.
func (s *Server) Cancelled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cancelled
}

// Acks is closed when the ACK of a 2xx came with the branch of its INVITE, as some phones send it.
func (s *Server) Acks() <-chan struct{} { return s.acked }

// Reliable tells whether nothing that is sent can be lost.
func (s *Server) Reliable() bool { return s.way.Reliable() }

// Drop forgets the transaction when it has no final answer and nobody holds it.
func (s *Server) Drop() {
	s.mu.Lock()
	unanswered := !s.held && (s.at == trying || s.at == proceeding)
	s.mu.Unlock()
	if unanswered {
		s.end()
	}
}

func (s *Server) end() {
	if s.gone.Swap(true) {
		return
	}
	s.mu.Lock()
	s.at, s.onCancel, s.refusal, s.last = over, nil, nil, nil
	s.quiet()
	s.mu.Unlock()
	s.forget()
	s.way.Close()
}
