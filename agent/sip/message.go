package sip

import (
	"crypto/rand"
	"encoding/hex"
	"iter"
	"net/netip"
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// allow lists the methods we understand.
const allow = "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, REGISTER, UPDATE, PRACK"

// Extensions of ours: session timers (RFC 4028) and reliable provisional answers (RFC 3262).
const (
	timerTag    = "timer"
	reliableTag = "100rel"
	supported   = timerTag + ", " + reliableTag
)

// agentName is how we present ourselves; it tells a scanner no version.
const agentName = "Vestibule"

// token is randomness for tags, branches and Call-IDs: knowing them is what makes a stranger's request fail.
func token(bytes int) string {
	raw := make([]byte, bytes)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

// branchMark starts every branch (RFC 3261 section 8.1.1.7).
const branchMark = "z9hG4bK"

// quote makes a display name safe between quotation marks.
func quote(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '"' || r == '\\' || r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
}

// nameAddr writes "name" <uri>.
func nameAddr(name, uri string) string {
	if name = quote(name); name != "" {
		return `"` + name + `" <` + uri + ">"
	}
	return "<" + uri + ">"
}

// uriOf writes sip:user@host:port.
func uriOf(user string, at netip.AddrPort) string {
	if user == "" {
		return "sip:" + at.String()
	}
	return "sip:" + user + "@" + at.String()
}

// parseURI reads a SIP URI of at most 256 characters. It only ever stands in the first line of a request: where that goes, and over
// what, is decided by the binding or the document.
func parseURI(text string) (sipgo.Uri, bool) {
	var u sipgo.Uri
	if len(text) > 256 || strings.ContainsAny(text, "\r\n<>\"") {
		return u, false
	}
	if err := sipgo.ParseUri(text, &u); err != nil || u.Scheme != "sip" && u.Scheme != "sips" || u.Host == "" || u.Wildcard {
		return u, false
	}
	return u, true
}

// tagOf reads the tag of a From or To header.
func tagOf(params sipgo.HeaderParams) string {
	tag, _ := params.Get("tag")
	return tag
}

// via writes our Via header: local is our address toward the peer.
func via(transport string, local netip.AddrPort, branch string) *sipgo.ViaHeader {
	v := &sipgo.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(transport), Host: local.Addr().String(), Port: int(local.Port())}
	v.Params.Add("branch", branch)
	v.Params.Add("rport", "")
	return v
}

// contact is our Contact header value.
func contact(local netip.AddrPort, transport string) string {
	uri := uriOf("agent", local)
	if transport != "udp" {
		uri += ";transport=" + transport
	}
	return "<" + uri + ">"
}

// headed is a message that was read.
type headed interface{ Headers() []sipgo.Header }

// named gives the headers of a name in their order. sipgo's own look makes a lower-case copy of every name it passes.
func named(m headed, name string) iter.Seq[sipgo.Header] {
	return func(yield func(sipgo.Header) bool) {
		for _, h := range m.Headers() {
			if strings.EqualFold(h.Name(), name) && !yield(h) {
				return
			}
		}
	}
}

// tags reads the option tags of a header such as Supported or Require, which may come more than once.
func tags(m headed, name string) []string {
	var out []string
	for h := range named(m, name) {
		for _, tag := range strings.Split(h.Value(), ",") {
			if tag = strings.ToLower(strings.TrimSpace(tag)); tag != "" && len(out) < 32 {
				out = append(out, tag)
			}
		}
	}
	return out
}

// value reads the first header of a name, or "".
func value(m headed, name string) string {
	for h := range named(m, name) {
		return strings.TrimSpace(h.Value())
	}
	return ""
}

// sane checks what every request must have (RFC 3261 section 8.1.1) and that it is not too long.
func sane(req *sipgo.Request) bool {
	from, to, id, seq := req.From(), req.To(), req.CallID(), req.CSeq()
	if from == nil || to == nil || id == nil || seq == nil || req.Via() == nil {
		return false
	}
	for _, text := range []string{from.Address.String(), to.Address.String(), id.Value(), tagOf(from.Params), tagOf(to.Params)} {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) { // it would begin a line of its own in what we write
			return false
		}
	}
	return seq.MethodName == req.Method && len(id.Value()) > 0 && len(id.Value()) <= 256 &&
		len(tagOf(from.Params)) <= 128 && len(tagOf(to.Params)) <= 128 && tagOf(from.Params) != ""
}

// seconds reads a header or parameter of seconds; ok is false when it is no number.
func seconds(text string) (uint32, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	return uint32(n), err == nil
}
