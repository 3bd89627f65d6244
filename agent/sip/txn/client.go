package txn

// mostWaiting bounds the answers that wait for their user; the last place is the final one's.
const mostWaiting = 8

// Client is a request of ours.
type Client[R any] struct {
	core
	layer   *Layer[R]
	answers chan R
	done    chan struct{}
	ackOf   func(R) []byte // writes the ACK of a refusal; nil once it is written
	onAnew  func()
	final   bool // the final answer was passed on
}

// Ask sends a request and repeats it until it is answered. ackOf writes the ACK of a refusal of INVITE; it is called at most once.
func (l *Layer[R]) Ask(key Key, way Way, text []byte, ackOf func(R) []byte) (*Client[R], error) {
	c := &Client[R]{layer: l, answers: make(chan R, mostWaiting), done: make(chan struct{}), ackOf: ackOf}
	c.core = core{kind: clientOther, key: key, way: way, times: &l.times, wheel: l.wheel, last: text}
	if key.Method == "INVITE" {
		c.kind = clientInvite
	}
	c.setUp(c)
	l.mu.Lock()
	if l.closed || l.clients[key] != nil {
		closed := l.closed
		l.mu.Unlock()
		way.Close()
		if closed {
			return nil, ErrOver
		}
		return nil, ErrTaken
	}
	l.clients[key] = c
	l.mu.Unlock()
	c.mu.Lock()
	c.drive(beat | patience)
	err := way.Send(text)
	c.mu.Unlock()
	if err != nil {
		c.End()
		return nil, err
	}
	return c, nil
}

// Answered tells of an answer that came; false when it belongs to no transaction.
func (l *Layer[R]) Answered(key Key, status int, answer R) bool {
	l.mu.Lock()
	c := l.clients[key]
	l.mu.Unlock()
	if c == nil {
		return false
	}
	c.take(status, answer)
	return true
}

func (c *Client[R]) take(status int, answer R) {
	c.mu.Lock()
	to, do, ok := step(c.kind, c.at, answerOf(status))
	if !ok {
		c.mu.Unlock()
		return
	}
	c.at = to
	ended := c.drive(do)
	if do&confirm != 0 {
		if c.ackOf != nil {
			c.last, c.ackOf = c.ackOf(answer), nil
		}
		_ = c.way.Send(c.last) // asked for again by the repeated refusal
	}
	if do&pass != 0 && (status >= 200 || len(c.answers) < mostWaiting-1) { // only this method fills it, one at a time
		c.answers <- answer
		c.final = c.final || status >= 200
	}
	if do&rest != 0 && do&confirm == 0 {
		c.last, c.ackOf = nil, nil
	}
	tell := c.onAnew
	c.mu.Unlock()
	if do&anew != 0 && tell != nil {
		tell()
	}
	if ended {
		c.End()
	}
}

func (c *Client[R]) rang(b *bell, turn uint32) {
	c.mu.Lock()
	to, do, ok := step(c.kind, c.at, b.means)
	if b.turn != turn || !ok {
		c.mu.Unlock()
		return
	}
	c.at = to
	ended := c.drive(do)
	if do&send != 0 && c.way.Send(c.last) != nil {
		ended = true
	}
	c.mu.Unlock()
	if ended {
		c.End()
	}
}

// Answers gives what was answered: provisional answers, unless too many wait, and one final answer.
func (c *Client[R]) Answers() <-chan R { return c.answers }

// Done is closed when the transaction ends without a final answer.
func (c *Client[R]) Done() <-chan struct{} { return c.done }

// OnAnew sets what is called when the 2xx of an INVITE comes again: its ACK was lost. It must not wait.
func (c *Client[R]) OnAnew(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onAnew = f
}

// End forgets the transaction now.
func (c *Client[R]) End() {
	if c.gone.Swap(true) {
		return
	}
	c.mu.Lock()
	c.at, c.onAnew, c.last, c.ackOf = over, nil, nil, nil
	c.quiet()
	final := c.final
	c.mu.Unlock()
	c.layer.mu.Lock()
	delete(c.layer.clients, c.key)
	c.layer.mu.Unlock()
	if !final {
		close(c.done)
	}
	c.way.Close()
}
