package akuvox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/agent/device"
)

// Options are the manners of the client. Zero values are those real devices need.
type Options struct {
	Gap     time.Duration // between two requests; negative: none
	Connect time.Duration // to open a connection
	Answer  time.Duration // for a whole request; old devices take long
	Trigger time.Duration // for a relay: somebody waits at the door
}

func (o Options) filled() Options {
	for _, f := range []struct {
		at       *time.Duration
		standard time.Duration
	}{{&o.Gap, 250 * time.Millisecond}, {&o.Connect, 3 * time.Second}, {&o.Answer, 12 * time.Second}, {&o.Trigger, 6 * time.Second}} {
		if *f.at == 0 {
			*f.at = f.standard
		}
	}
	return o
}

// maxBody bounds an answer.
const maxBody = 1 << 20

// client sends one request at a time to one device. Urgent requests wait for the running one only.
type client struct {
	opts Options
	http *http.Client
	line chan struct{} // holds the one permit to talk
	slow chan struct{} // at most one request that is not urgent waits for line

	mu     sync.Mutex
	access device.Access

	// Owned by the holder of line.
	last      time.Time
	challenge *challenge
	answered  device.Access // whom challenge is for
}

func newClient(opts Options) *client {
	opts = opts.filled()
	return &client{
		opts: opts, line: make(chan struct{}, 1), slow: make(chan struct{}, 1),
		http: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				Proxy: nil, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10,
				DialContext: (&net.Dialer{Timeout: opts.Connect}).DialContext,
			},
		},
	}
}

func (c *client) use(a device.Access) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access = a
}

// call is one request of the dialect.
type call struct {
	op     string // for errors
	method string
	path   string // with query, starting with /
	body   any    // nil: none
	urgent bool
}

// do sends a call and reads data of its answer into out (nil: not wanted). Once the first byte of the request is out, ctx cannot take it back.
func (c *client) do(ctx context.Context, k call, out any) error {
	var body []byte
	if k.body != nil {
		var err error
		if body, err = json.Marshal(k.body); err != nil {
			return &device.Error{Kind: device.Refused, Op: k.op, Err: err}
		}
	}
	leave, err := c.enter(ctx, k.urgent)
	if err != nil {
		return &device.Error{Kind: device.Unreachable, Op: k.op, Err: err}
	}
	defer leave()
	c.mu.Lock()
	to := c.access
	c.mu.Unlock()
	if to != c.answered {
		c.challenge, c.answered = nil, to
	}
	for attempt := 0; ; attempt++ {
		answer, err := c.send(ctx, to, k, body)
		if err != nil {
			return err
		}
		if answer.status != http.StatusUnauthorized {
			return answer.read(k.op, out)
		}
		// 401 says that nothing was carried out: a first challenge is answered once, and one that went stale in between once more.
		if c.challenge, err = parseChallenge(answer.challenges); err != nil {
			return &device.Error{Kind: device.Unauthorised, Op: k.op, Err: err}
		}
		if to.User == "" || attempt == 2 || attempt == 1 && !answer.stale {
			c.challenge = nil
			return &device.Error{Kind: device.Unauthorised, Op: k.op, Err: errors.New("the device does not take the user or the password")}
		}
	}
}

// enter waits for the turn and for the pause after the last request.
func (c *client) enter(ctx context.Context, urgent bool) (leave func(), err error) {
	if !urgent {
		select {
		case c.slow <- struct{}{}:
			defer func() { <-c.slow }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	select {
	case c.line <- struct{}{}:
		return func() { <-c.line }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *client) pause(ctx context.Context) error {
	wait := c.opts.Gap - time.Since(c.last)
	if c.opts.Gap < 0 || c.last.IsZero() || wait <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer is what came back, whole.
type answer struct {
	status     int
	challenges []string
	stale      bool
	body       []byte
}

func (c *client) send(ctx context.Context, to device.Access, k call, body []byte) (answer, error) {
	if err := c.pause(ctx); err != nil {
		return answer{}, &device.Error{Kind: device.Unreachable, Op: k.op, Err: err}
	}
	defer func() { c.last = time.Now() }()
	limit := c.opts.Answer
	if k.urgent {
		limit = c.opts.Trigger
	}
	var sent atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaderField: func(string, []string) { sent.Store(true) }, WroteHeaders: func() { sent.Store(true) }}
	bound, cancel := context.WithTimeout(httptrace.WithClientTrace(context.WithoutCancel(ctx), trace), limit)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if !sent.Load() {
			cancel()
		}
	})
	defer stop()
	req, err := http.NewRequestWithContext(bound, k.method, "http://"+to.Addr.String()+k.path, bytes.NewReader(body))
	if err != nil {
		return answer{}, &device.Error{Kind: device.Unreachable, Op: k.op, Err: err}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "vestibule-agent")
	if c.challenge != nil {
		req.Header.Set("Authorization", c.challenge.authorize(k.method, k.path, to.User, to.Password))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		kind := device.Unreachable
		if sent.Load() {
			kind = device.Ambiguous
		}
		return answer{}, &device.Error{Kind: kind, Op: k.op, Err: err}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	a := answer{status: resp.StatusCode, challenges: resp.Header.Values("WWW-Authenticate"), body: raw}
	a.stale = strings.Contains(strings.ToLower(strings.Join(a.challenges, ",")), "stale=true") ||
		strings.Contains(strings.ToLower(strings.Join(a.challenges, ",")), `stale="true"`)
	if err != nil && len(raw) == 0 && a.status == http.StatusOK {
		return answer{}, &device.Error{Kind: device.Ambiguous, Op: k.op, Err: err}
	}
	return a, nil
}

// What an installer has to know of a device that does not answer in the dialect.
var (
	errClosed = errors.New("403: its HTTP API is closed to this agent; on the device's page set the API to digest, or list the agent's address")
	errPage   = errors.New("a page for people came instead of an answer: the HTTP API is off, or the device speaks another dialect")
)

// envelope is every answer of the dialect.
type envelope struct {
	Retcode flexible        `json:"retcode"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// read takes the first JSON value of the body alone: some devices append bytes.
func (a answer) read(op string, out any) error {
	switch {
	case len(a.body) > maxBody:
		return &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the answer is over the limit")}
	case a.status == http.StatusForbidden:
		return &device.Error{Kind: device.Refused, Op: op, Err: errClosed}
	case a.status != http.StatusOK:
		return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("status %d", a.status)}
	case bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<")):
		return &device.Error{Kind: device.Garbled, Op: op, Err: errPage}
	}
	var e envelope
	e.Retcode = flexible(noRetcode)
	if err := json.NewDecoder(bytes.NewReader(a.body)).Decode(&e); err != nil {
		return &device.Error{Kind: device.Garbled, Op: op, Err: err}
	}
	if e.Retcode == noRetcode {
		return &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the answer has no retcode")}
	}
	if e.Retcode != 0 {
		return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("retcode %d %q", e.Retcode, printable(e.Message))}
	}
	if out == nil || len(e.Data) == 0 {
		return nil
	}
	if err := json.Unmarshal(e.Data, out); err != nil {
		return &device.Error{Kind: device.Garbled, Op: op, Err: err}
	}
	return nil
}
