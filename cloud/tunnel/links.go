package tunnel

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// links turns the links of a page that name the device's own address into links of the session's host.
func (o *session) links(r *http.Response) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "text/html", "text/css", "text/javascript", "application/javascript", "application/x-javascript", "application/json":
	default:
		return
	}
	if r.StatusCode == http.StatusSwitchingProtocols || r.Request.Method == http.MethodHead || r.Header.Get("Content-Encoding") != "" || r.Header.Get("Content-Range") != "" {
		return
	}
	r.Body = &replacing{body: r.Body, old: []byte("http://" + o.host), new: []byte(o.service.origin(o.label))}
	r.Header.Del("Content-Length")
	r.ContentLength = -1
}

// replacing puts new for old in what passes, without keeping more than it must.
type replacing struct {
	body     io.ReadCloser
	old, new []byte
	in       []byte // read and not looked at
	out      []byte // looked at and not taken
	err      error
}

func (r *replacing) Close() error { return r.body.Close() }

func (r *replacing) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		buf := make([]byte, 16<<10)
		n, err := r.body.Read(buf)
		r.in, r.err = append(r.in, buf[:n]...), err
		r.look()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// look moves what is sure from in to out; the end of it may be the beginning of old.
func (r *replacing) look() {
	for {
		at := bytes.Index(r.in, r.old)
		if at < 0 {
			break
		}
		end := at + len(r.old)
		if end == len(r.in) && r.err == nil {
			break // what follows decides
		}
		r.out = append(r.out, r.in[:at]...)
		if end < len(r.in) && longer(r.in[end:]) {
			r.out = append(r.out, r.old...)
		} else {
			r.out = append(r.out, r.new...)
		}
		r.in = r.in[end:]
	}
	keep := min(len(r.in), len(r.old))
	if r.err != nil {
		keep = 0
	}
	if at := bytes.Index(r.in, r.old); at >= 0 && r.err == nil {
		keep = len(r.in) - at
	}
	r.out = append(r.out, r.in[:len(r.in)-keep]...)
	r.in = append([]byte{}, r.in[len(r.in)-keep:]...)
}

// longer tells whether the address goes on: 10.0.0.1 is not 10.0.0.10, and port 80 may be named.
func longer(rest []byte) bool {
	return rest[0] >= '0' && rest[0] <= '9' || rest[0] == '.' && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9' || rest[0] == ':'
}
