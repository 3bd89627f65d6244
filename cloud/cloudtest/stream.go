package cloudtest

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Message is one server-sent event; the zero one stands for the end of the stream.
type Message struct{ ID, Kind, Data string }

// Stream is an open stream of live messages.
type Stream struct {
	path string
	told chan Message // closed with the stream
}

// heardWithin is how long a message may take.
const heardWithin = 10 * time.Second

// Stream opens a stream and waits for its first message, the ping that says that nothing is missed from here on. After is the id of the last
// message heard before; empty: none. The stream lives as long as t and may outlive the server.
func (c Client) Stream(t *testing.T, path, after string) *Stream {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+below(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	if after != "" {
		request.Header.Set("Last-Event-ID", after)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		response.Body.Close()
		t.Fatalf("%s: %d %v", path, response.StatusCode, response.Header)
	}
	s := &Stream{path: path, told: make(chan Message, 1000)}
	done := make(chan struct{})
	t.Cleanup(func() {
		response.Body.Close()
		<-done
	})
	go func() {
		defer close(done)
		defer close(s.told)
		s.read(bufio.NewScanner(response.Body), t.Context().Done())
	}()
	if first := s.Next(t); first.Kind != "ping" {
		t.Fatalf("%s begins with %+v", path, first)
	}
	return s
}

// read takes messages as https://html.spec.whatwg.org/multipage/server-sent-events.html has them, each field at most once.
func (s *Stream) read(lines *bufio.Scanner, over <-chan struct{}) {
	var m Message
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
		case "id":
			m.ID = value
		case "event":
			m.Kind = value
		case "data":
			m.Data = value
		case "":
			select {
			case s.told <- m:
			case <-over:
				return
			}
			m = Message{}
		}
	}
}

// Next gives the next message, pings among them.
func (s *Stream) Next(t *testing.T) Message {
	t.Helper()
	select {
	case m := <-s.told:
		return m
	case <-time.After(heardWithin):
		t.Fatalf("%s: nothing came", s.path)
		return Message{}
	}
}

// Wait gives the next message of a kind; others before it are passed over. The empty kind is the end of the stream.
func (s *Stream) Wait(t *testing.T, kind string) Message {
	t.Helper()
	late := time.After(heardWithin)
	for {
		select {
		case m, open := <-s.told:
			if m.Kind == kind && open == (kind != "") {
				return m
			}
			if !open {
				t.Fatalf("%s ended before %q", s.path, kind)
			}
		case <-late:
			t.Fatalf("%s: no %q came", s.path, kind)
		}
	}
}
