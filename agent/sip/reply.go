package sip

import (
	"strconv"

	sipgo "github.com/emiago/sipgo/sip"
)

// reply is an answer of ours while it is written: its text grows, nothing of the request is copied as objects.
type reply struct {
	status int
	head   draft
	body   []byte
	whole  []byte // once it is written; nothing is put in any more
}

// draft is text under way.
type draft []byte

// WriteString implements io.StringWriter.
func (d *draft) WriteString(s string) (int, error) {
	*d = append(*d, s...)
	return len(s), nil
}

func (d *draft) add(texts ...string) {
	for _, s := range texts {
		*d = append(*d, s...)
	}
}

// usualHead is room for all lines of a usual answer.
const usualHead = 640

// respond begins an answer (RFC 3261 section 8.2.6); tag, when set, is our tag of the dialog, else the answer gets one of its own.
func respond(req *sipgo.Request, code int, text, tag string, body []byte) *reply {
	r := &reply{status: code, head: make(draft, 0, usualHead+len(body)), body: body}
	r.head.add("SIP/2.0 ", strconv.Itoa(code), " ", text, "\r\n")
	if req.Method != sipgo.REGISTER && code > 100 && code < 300 {
		for h := range named(req, "Record-Route") {
			r.line(h)
		}
	}
	for h := range named(req, "Via") {
		r.line(h)
	}
	if from := req.From(); from != nil {
		r.line(from)
	}
	if to := req.To(); to != nil {
		to.StringWrite(&r.head)
		if _, has := to.Params.Get("tag"); !has && code > 100 {
			if tag == "" {
				tag = token(8)
			}
			r.head.add(";tag=", tag)
		}
		r.head.add("\r\n")
	}
	if code == 100 {
		for h := range named(req, "Timestamp") {
			r.line(h)
		}
	}
	if id := req.CallID(); id != nil {
		r.line(id)
	}
	if seq := req.CSeq(); seq != nil {
		r.line(seq)
	}
	return r
}

func (r *reply) line(h sipgo.Header) {
	h.StringWrite(&r.head)
	r.head.add("\r\n")
}

// put adds a line.
func (r *reply) put(name, value string) { r.head.add(name, ": ", value, "\r\n") }

// text is the answer as it goes out.
func (r *reply) text() []byte {
	if r.whole == nil {
		r.head.add("Content-Length: ", strconv.Itoa(len(r.body)), "\r\n\r\n")
		r.whole = append(r.head, r.body...)
	}
	return r.whole
}

// outgoing is a message of ours.
type outgoing interface {
	*reply | *sipgo.Request | *sipgo.Response
}

// header puts a line into a message of ours.
func header[M outgoing](m M, name, value string) {
	switch m := any(m).(type) {
	case *reply:
		m.put(name, value)
	case sipgo.Message:
		m.AppendHeader(sipgo.NewHeader(name, value))
	}
}
