package sipua

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	maxHeaders = 256
	version    = "SIP/2.0"
)

// Header is one header line. Names are in their long form, as RFC 3261 writes them.
type Header struct{ Name, Value string }

// Message is a SIP request or response.
type Message struct {
	Method, URI string // of a request
	Status      int    // of a response
	Reason      string
	Headers     []Header
	Body        []byte
}

var errNotSIP = errors.New("not a SIP message")

// compact forms, RFC 3261 section 7.3.3.
var compact = map[string]string{
	"v": "Via", "f": "From", "t": "To", "m": "Contact", "i": "Call-ID", "l": "Content-Length",
	"c": "Content-Type", "k": "Supported", "s": "Subject", "e": "Content-Encoding",
}

// IsRequest says whether m is a request.
func (m *Message) IsRequest() bool { return m.Method != "" }

// Get is the first value of a header, or "".
func (m *Message) Get(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// Lines are all lines of a header, in order.
func (m *Message) Lines(name string) []string {
	var out []string
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			out = append(out, h.Value)
		}
	}
	return out
}

// List are all values of a header that may hold several in a line (Via, Route, Record-Route, Contact).
func (m *Message) List(name string) []string {
	var out []string
	for _, line := range m.Lines(name) {
		out = append(out, splitList(line)...)
	}
	return out
}

// Add appends a header line.
func (m *Message) Add(name, value string) { m.Headers = append(m.Headers, Header{name, value}) }

// Set replaces the first line of a header, or appends it.
func (m *Message) Set(name, value string) {
	for i, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			m.Headers[i].Value = value
			return
		}
	}
	m.Add(name, value)
}

// CSeq is the sequence number and method.
func (m *Message) CSeq() (uint32, string) {
	n, method, _ := strings.Cut(strings.TrimSpace(m.Get("CSeq")), " ")
	v, err := strconv.ParseUint(n, 10, 31)
	if err != nil {
		return 0, ""
	}
	return uint32(v), strings.TrimSpace(method)
}

// Bytes is the message as it goes over the wire, with its Content-Length.
func (m *Message) Bytes() []byte {
	var b bytes.Buffer
	if m.IsRequest() {
		fmt.Fprintf(&b, "%s %s %s\r\n", m.Method, oneLine(m.URI), version)
	} else {
		fmt.Fprintf(&b, "%s %d %s\r\n", version, m.Status, oneLine(m.Reason))
	}
	for _, h := range m.Headers {
		if !strings.EqualFold(h.Name, "Content-Length") {
			fmt.Fprintf(&b, "%s: %s\r\n", h.Name, oneLine(h.Value))
		}
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(m.Body))
	b.Write(m.Body)
	return b.Bytes()
}

// oneLine keeps a value from starting a header of its own.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == 0 {
			return ' '
		}
		return r
	}, s)
}

// Parse reads one datagram. It refuses a message without the headers that RFC 3261 section 8.1.1 demands.
func Parse(datagram []byte) (*Message, error) {
	head, rest, ok := bytes.Cut(bytes.TrimLeft(datagram, "\r\n"), []byte("\r\n\r\n"))
	if !ok {
		return nil, errNotSIP
	}
	lines, err := unfold(string(head))
	if err != nil {
		return nil, err
	}
	m := &Message{}
	if err := m.startLine(lines[0]); err != nil {
		return nil, err
	}
	for _, line := range lines[1:] {
		if err := m.headerLine(line); err != nil {
			return nil, err
		}
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	return m, m.takeBody(rest)
}

// unfold joins continuation lines (RFC 3261 section 7.3.1).
func unfold(head string) ([]string, error) {
	if strings.ContainsRune(head, 0) {
		return nil, errNotSIP
	}
	var lines []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if strings.ContainsAny(line, "\r\n") || len(lines) > maxHeaders {
			return nil, errNotSIP
		}
		if line != "" && (line[0] == ' ' || line[0] == '\t') && len(lines) > 1 {
			lines[len(lines)-1] += " " + strings.TrimSpace(line)
			continue
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (m *Message) startLine(line string) error {
	first, rest, _ := strings.Cut(line, " ")
	if first == version {
		code, reason, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(code)
		if err != nil || n < 100 || n > 699 || len(code) != 3 {
			return fmt.Errorf("%w: status line", errNotSIP)
		}
		m.Status, m.Reason = n, reason
		return nil
	}
	uri, v, ok := strings.Cut(rest, " ")
	if !ok || v != version || uri == "" || !isToken(first) {
		return fmt.Errorf("%w: request line", errNotSIP)
	}
	m.Method, m.URI = first, uri
	return nil
}

func (m *Message) headerLine(line string) error {
	name, value, ok := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || !isToken(name) {
		return fmt.Errorf("%w: header line", errNotSIP)
	}
	if long, ok := compact[strings.ToLower(name)]; ok {
		name = long
	}
	m.Add(name, strings.TrimSpace(value))
	return nil
}

func (m *Message) check() error {
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		if len(m.Lines(name)) != 1 {
			return fmt.Errorf("%w: %s must stand once", errNotSIP, name)
		}
	}
	if m.Get("Call-ID") == "" || len(m.List("Via")) == 0 {
		return fmt.Errorf("%w: Via or Call-ID is missing", errNotSIP)
	}
	if _, err := parseVia(m.List("Via")[0]); err != nil {
		return err
	}
	_, method := m.CSeq()
	if method == "" || m.IsRequest() && method != m.Method {
		return fmt.Errorf("%w: CSeq", errNotSIP)
	}
	for _, name := range []string{"From", "To"} {
		if _, err := ParseAddress(m.Get(name)); err != nil {
			return err
		}
	}
	return nil
}

// takeBody cuts the body by Content-Length; without it the datagram ends the body (RFC 3261 section 18.3).
func (m *Message) takeBody(rest []byte) error {
	lines := m.Lines("Content-Length")
	if len(lines) == 0 {
		m.Body = bytes.Clone(rest)
		return nil
	}
	n, err := strconv.ParseUint(lines[0], 10, 31)
	if err != nil || len(lines) > 1 || n > uint64(len(rest)) {
		return fmt.Errorf("%w: Content-Length", errNotSIP)
	}
	m.Body = bytes.Clone(rest[:n])
	return nil
}

func isToken(s string) bool {
	if s == "" {
		return false
	}
	for _, r := range s {
		if r > '~' || r <= ' ' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) {
			return false
		}
	}
	return true
}

// splitList cuts at commas outside quotes and angle brackets.
func splitList(s string) []string { return splitOutside(s, ',') }

func splitOutside(s string, at byte) []string {
	var out []string
	quoted, depth, from := false, 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			depth++
		case c == '>' && depth > 0:
			depth--
		case c == at && depth == 0:
			out = append(out, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	if last := strings.TrimSpace(s[from:]); last != "" || len(out) > 0 {
		out = append(out, last)
	}
	return out
}
