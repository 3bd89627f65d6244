package webapi

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// shuts is what a device does whose interface takes listed addresses alone, with an empty list: it is so from the factory.
func (s *Server) shuts(w http.ResponseWriter) bool {
	if s.Quirks().Closed {
		s.count(func(c *Counts) { c.Refused++ })
		http.Error(w, "Forbidden", http.StatusForbidden)
	}
	return s.Quirks().Closed
}

// misbehaves answers as a broken or hostile device would; false: it has no such habit.
func (s *Server) misbehaves(w http.ResponseWriter, r *http.Request) bool {
	q := s.Quirks()
	switch {
	case q.LoginPage:
		s.show(w, r, view{})
	case q.Flood:
		s.flood(w)
	case q.Retcode != 0:
		s.reply(w, http.StatusOK, envelope{Retcode: q.Retcode, Message: "feature is not enabled"})
	case q.EndlessPages && r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/contact/get"):
		s.reply(w, http.StatusOK, done("get", map[string]any{"num": endless, "curPageNum": pageSize, "item": make([]Contact, pageSize)}))
	default:
		return false
	}
	return true
}

// endless is how many entries a directory without an end says it has: few enough to be believed.
const endless = 4000

// Gigabytes of a flood, and how much of it is written at once.
const (
	floodBytes = 2 << 30
	floodPiece = 64 << 10
)

// flood writes an answer that never fits, until the other end has enough.
func (s *Server) flood(w http.ResponseWriter) {
	piece := bytes.Repeat([]byte("A"), floodPiece)
	if _, err := io.WriteString(w, `{"retcode":0,"data":"`); err != nil {
		return
	}
	for range floodBytes / floodPiece {
		n, err := w.Write(piece)
		s.count(func(c *Counts) { c.Flooded += n })
		if err != nil {
			return
		}
	}
}
