package balance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// lookEvery is how often each backend is asked whether it is ready, and lookWithin how long it may take to say so.
const (
	lookEvery  = 100 * time.Millisecond
	lookWithin = 2 * time.Second
)

// Balancer spreads requests over those of its backends that say they are ready. Its methods may be called by any goroutine.
type Balancer struct {
	URL string // where it listens

	backends []*backend
	next     atomic.Uint64
	server   *httptest.Server
	stop     context.CancelFunc
	work     sync.WaitGroup

	refused, broken, repeated atomic.Int64
}

type backend struct {
	host  string
	ready atomic.Bool
}

// Start serves on loopback until Close. Backends are host:port of plain HTTP.
func Start(backends ...string) *Balancer {
	ctx, stop := context.WithCancel(context.Background())
	b := &Balancer{stop: stop}
	for _, host := range backends {
		one := &backend{host: host}
		b.backends = append(b.backends, one)
		b.work.Go(func() { one.watch(ctx) })
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetXForwarded(); r.SetURL(&url.URL{Scheme: "http", Host: "backend"}) },
		Transport:     &way{b: b, inner: &http.Transport{MaxIdleConnsPerHost: 64}},
		FlushInterval: -1, // streams
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				b.broken.Add(1)
			}
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	b.server = httptest.NewServer(proxy)
	b.URL = b.server.URL
	return b
}

// Close ends it.
func (b *Balancer) Close() {
	b.stop()
	b.work.Wait()
	b.server.CloseClientConnections()
	b.server.Close()
}

// Ready tells whether a backend gets requests.
func (b *Balancer) Ready(host string) bool {
	for _, one := range b.backends {
		if one.host == host {
			return one.ready.Load()
		}
	}
	return false
}

// Counts are what went not as it should.
type Counts struct {
	Refused  int64 // connections that a backend did not take; the request, not sent yet, went to another one
	Broken   int64 // requests that got no answer
	Repeated int64 // requests that were written twice, which a balancer may not do
}

// Counts since the start.
func (b *Balancer) Counts() Counts {
	return Counts{Refused: b.refused.Load(), Broken: b.broken.Load(), Repeated: b.repeated.Load()}
}

// watch asks again and again.
func (one *backend) watch(ctx context.Context) {
	client := &http.Client{Timeout: lookWithin, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		one.ready.Store(one.look(ctx, client))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (one *backend) look(ctx context.Context, client *http.Client) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+one.host+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := client.Do(r)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

// way takes a request to a backend that is ready. Only a request whose connection was never made goes on to the next one.
type way struct {
	b     *Balancer
	inner *http.Transport
}

// RoundTrip sends one request.
func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	last := errors.New("no backend is ready")
	from := int(w.b.next.Add(1)) //nolint:gosec // it only takes turns
	for i := range w.b.backends {
		one := w.b.backends[(from+i)%len(w.b.backends)]
		if !one.ready.Load() {
			continue
		}
		answer, err := w.send(r, one.host, body)
		var dial *net.OpError
		if err == nil || !errors.As(err, &dial) || dial.Op != "dial" {
			return answer, err
		}
		w.b.refused.Add(1)
		last = err
	}
	return nil, last
}

// send counts how often a request is written: the library writes one again by itself when a kept connection turns out to be closed.
func (w *way) send(r *http.Request, host string, body []byte) (*http.Response, error) {
	written := 0
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{WroteRequest: func(info httptrace.WroteRequestInfo) {
		if info.Err == nil {
			if written++; written > 1 {
				w.b.repeated.Add(1)
			}
		}
	}})
	out := r.Clone(ctx)
	out.URL.Host = host
	out.Body = http.NoBody
	if len(body) > 0 {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return w.inner.RoundTrip(out)
}
