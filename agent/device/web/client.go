package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/agent/device"
)

// Options are the manners of a Client. Zero values are those real devices need.
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

// MaxBody bounds an answer: what comes longer is one byte longer, and garbled.
const MaxBody = 1 << 20

// Client sends one request at a time to one device. Urgent requests wait for the running one only. It is safe for concurrent use.
type Client struct {
	opts Options
	http *http.Client
	line chan struct{} // holds the one permit to talk
	slow chan struct{} // at most one request that is not urgent waits for line

	mu     sync.Mutex
	access device.Access
	seen   device.Pin // the certificate that answered last

	// Owned by the holder of line.
	last      time.Time
	challenge *challenge
	secure    uint16        // where the device sent us by HTTPS; 0: nowhere
	answered  device.Access // whom challenge and secure are for
}

// New makes a Client; Use says where the device is.
func New(opts Options) *Client {
	c := &Client{opts: opts.filled(), line: make(chan struct{}, 1), slow: make(chan struct{}, 1)}
	c.http = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     c.transport(),
	}
	return c
}

// Use sets where and how the device is reached from now on.
func (c *Client) Use(a device.Access) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access = a
}

// Certificate is the one that the device answered with last, and the port it did so on; zero over plain HTTP.
func (c *Client) Certificate() device.Pin {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// Call is one request to a device.
type Call struct {
	Op     string // for errors
	Method string
	Path   string // with query, starting with /
	Type   string // of Body
	Body   []byte
	JSON   any // in place of Type and Body; nil: none
	Urgent bool
	Open   bool     // without login: the answer may be 401
	Most   int      // bytes of the answer; 0: MaxBody
	Header []string // names and values
}

// Answer is what came back, whole.
type Answer struct {
	Status int
	Body   []byte
	Header http.Header
}

// Do sends a call and gives the answer, whatever its status but 401. Once the first byte of the request is out, ctx cannot take it back. Every error
// is a *device.Error.
func (c *Client) Do(ctx context.Context, k Call) (Answer, error) {
	if k.JSON != nil {
		raw, err := json.Marshal(k.JSON)
		if err != nil {
			return Answer{}, &device.Error{Kind: device.Refused, Op: k.Op, Err: err}
		}
		k.Type, k.Body = "application/json", raw
	}
	leave, err := c.enter(ctx, k.Urgent)
	if err != nil {
		return Answer{}, &device.Error{Kind: device.Unreachable, Op: k.Op, Err: err}
	}
	defer leave()
	c.mu.Lock()
	to := c.access
	c.mu.Unlock()
	if to != c.answered {
		c.challenge, c.secure, c.answered = nil, to.Pin.Port, to
	}
	for attempt := 0; ; {
		answer, err := c.send(ctx, to, k)
		if err != nil {
			return Answer{}, err
		}
		if port, upward := c.upward(to, answer); upward {
			c.secure, c.challenge = port, nil
			continue
		}
		if answer.Status != http.StatusUnauthorized || k.Open {
			return answer, nil
		}
		// 401 says that nothing was carried out: a first challenge is answered once, and one that went stale in between once more.
		challenges := answer.Header.Values("WWW-Authenticate")
		if c.challenge, err = parseChallenge(challenges); err != nil {
			return Answer{}, &device.Error{Kind: device.Unauthorised, Op: k.Op, Err: err}
		}
		if to.User == "" || attempt == 2 || attempt == 1 && !stale(challenges) {
			c.challenge = nil
			return Answer{}, &device.Error{Kind: device.Unauthorised, Op: k.Op, Err: errors.New("the device does not take the user or the password")}
		}
		attempt++
	}
}

func stale(challenges []string) bool {
	all := strings.ToLower(strings.Join(challenges, ","))
	return strings.Contains(all, "stale=true") || strings.Contains(all, `stale="true"`)
}

// enter waits for the turn and for the pause after the last request.
func (c *Client) enter(ctx context.Context, urgent bool) (leave func(), err error) {
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

func (c *Client) pause(ctx context.Context) error {
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

func (c *Client) send(ctx context.Context, to device.Access, k Call) (Answer, error) {
	if err := c.pause(ctx); err != nil {
		return Answer{}, &device.Error{Kind: device.Unreachable, Op: k.Op, Err: err}
	}
	defer func() { c.last = time.Now() }()
	limit := c.opts.Answer
	if k.Urgent {
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
	req, err := c.request(bound, to, k)
	if err != nil {
		return Answer{}, &device.Error{Kind: device.Unreachable, Op: k.Op, Err: err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, &device.Error{Kind: kindOf(err, sent.Load()), Op: k.Op, Err: err}
	}
	defer resp.Body.Close()
	most := MaxBody
	if k.Most > 0 {
		most = k.Most
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, int64(most)+1))
	if err != nil && len(raw) == 0 && resp.StatusCode == http.StatusOK {
		return Answer{}, &device.Error{Kind: device.Ambiguous, Op: k.Op, Err: err}
	}
	return Answer{Status: resp.StatusCode, Body: raw, Header: resp.Header}, nil
}

func kindOf(err error, sent bool) device.Kind {
	switch {
	case errors.Is(err, errPin):
		return device.Distrusted
	case sent:
		return device.Ambiguous
	}
	return device.Unreachable
}

func (c *Client) request(ctx context.Context, to device.Access, k Call) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, k.Method, c.root(to)+k.Path, bytes.NewReader(k.Body))
	if err != nil {
		return nil, err
	}
	if k.Body != nil {
		req.Header.Set("Content-Type", k.Type)
	}
	for i := 0; i+1 < len(k.Header); i += 2 {
		req.Header.Set(k.Header[i], k.Header[i+1])
	}
	req.Header.Set("User-Agent", "vestibule-agent")
	if c.challenge != nil && !k.Open {
		req.Header.Set("Authorization", c.challenge.authorize(k.Method, k.Path, to.User, to.Password))
	}
	return req, nil
}
