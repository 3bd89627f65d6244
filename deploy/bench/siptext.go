package main

import (
	"strconv"
	"strings"
)

// message is a SIP message as it came. The load looks only at the lines it needs: taking every message apart would cost it as much
// as it costs the peer, and the load would be what is measured.
type message struct {
	first string
	lines []string
}

func readMessage(b []byte) message {
	head, _, _ := strings.Cut(string(b), "\r\n\r\n")
	first, rest, _ := strings.Cut(head, "\r\n")
	return message{first: first, lines: strings.Split(rest, "\r\n")}
}

// headed tells whether a line is of a header.
func headed(line, name string) bool {
	return len(line) > len(name) && line[len(name)] == ':' && strings.EqualFold(line[:len(name)], name)
}

// get is the first value of a header, or "".
func (m message) get(name string) string {
	for _, line := range m.lines {
		if headed(line, name) {
			return strings.TrimSpace(line[len(name)+1:])
		}
	}
	return ""
}

// status is that of an answer, and 0 of a request.
func (m message) status() int {
	rest, ok := strings.CutPrefix(m.first, "SIP/2.0 ")
	if !ok || len(rest) < 3 {
		return 0
	}
	n, _ := strconv.Atoi(rest[:3])
	return n
}

// method is that of a request, or of the request that an answer belongs to.
func (m message) method() string {
	_, method, _ := strings.Cut(m.get("CSeq"), " ")
	return method
}

// target is the bare URI of a Contact.
func (m message) target() string {
	_, after, ok := strings.Cut(m.get("Contact"), "<")
	if !ok {
		return m.get("Contact")
	}
	uri, _, _ := strings.Cut(after, ">")
	return uri
}

// route writes the Route lines of a dialog that an answer made (RFC 3261 section 12.1.2); one proxy at most stands between.
func (m message) route() string {
	var b strings.Builder
	for _, line := range m.lines {
		if headed(line, "Record-Route") {
			b.WriteString("Route:" + line[len("Record-Route:"):] + "\r\n")
		}
	}
	return b.String()
}

// reply writes an answer to a request.
func (m message) reply(status, tag, contact, body string) []byte {
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\r\n")
	for _, line := range m.lines {
		switch {
		case headed(line, "Via"), headed(line, "From"), headed(line, "Call-ID"), headed(line, "CSeq"), headed(line, "Record-Route"):
			b.WriteString(line + "\r\n")
		case headed(line, "To") && !strings.Contains(line, ";tag="):
			b.WriteString(line + ";tag=" + tag + "\r\n")
		case headed(line, "To"):
			b.WriteString(line + "\r\n")
		}
	}
	b.WriteString("Contact: <sip:m@" + contact + ">\r\n")
	b.WriteString(ending(body))
	return []byte(b.String())
}

// ending is the end of the header, and the body, which is a description or nothing.
func ending(body string) string {
	kind := ""
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	return kind + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}
