package rtpstream

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Payload types: PCMU by RFC 3551, telephone-event as every phone numbers it.
const (
	payloadPCMU   = 0
	payloadEvents = 101
	maxLines      = 512
)

// Remote is what the other end's session description says about its sound.
type Remote struct {
	Addr   netip.AddrPort
	Events uint8 // payload type of telephone-event; 0 = none
	Takes  bool  // wants to receive
}

var errDescription = errors.New("session description")

// Describe is our session description as an offer.
func Describe(at netip.AddrPort) []byte {
	return describe(at, payloadEvents, nil)
}

// Answer reads an offer and makes the answer to it: PCMU, telephone-event by the offer's number, anything that is not
// the first sound refused. An offer without PCMU is an error.
func Answer(offer []byte, at netip.AddrPort) ([]byte, Remote, error) {
	remote, media, err := parse(offer)
	if err != nil {
		return nil, Remote{}, err
	}
	return describe(at, remote.Events, media), remote, nil
}

// Read reads an answer, or an offer that will be answered elsewhere.
func Read(description []byte) (Remote, error) {
	remote, _, err := parse(description)
	return remote, err
}

// describe writes a description. media are the m= lines of the offer, nil in an offer of our own.
func describe(at netip.AddrPort, events uint8, media []string) []byte {
	family := "IP4"
	if at.Addr().Is6() {
		family = "IP6"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "v=0\r\no=- %d 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n", at.Port(), family, at.Addr(), family, at.Addr())
	own := func() {
		fmt.Fprintf(&b, "m=audio %d RTP/AVP 0", at.Port())
		if events != 0 {
			fmt.Fprintf(&b, " %d", events)
		}
		b.WriteString("\r\na=rtpmap:0 PCMU/8000\r\n")
		if events != 0 {
			fmt.Fprintf(&b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", events, events)
		}
		b.WriteString("a=ptime:20\r\na=sendrecv\r\n")
	}
	if media == nil {
		own()
		return []byte(b.String())
	}
	taken := false
	for _, line := range media {
		fields := strings.Fields(line)
		if !taken && fields[0] == "audio" && fields[1] != "0" {
			taken = true
			own()
			continue
		}
		fmt.Fprintf(&b, "m=%s 0 %s\r\n", fields[0], strings.Join(fields[2:], " ")) // refused, RFC 3264 section 6
	}
	return []byte(b.String())
}

// reader goes through a description line by line.
type reader struct {
	remote        Remote
	media         []string
	session, host string
	port          uint16
	inSound       bool
	found         bool
}

func parse(description []byte) (Remote, []string, error) {
	lines := strings.Split(strings.ReplaceAll(string(description), "\r\n", "\n"), "\n")
	if len(lines) > maxLines || lines[0] != "v=0" {
		return Remote{}, nil, errDescription
	}
	r := reader{remote: Remote{Takes: true}}
	for _, line := range lines {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		if err := r.line(key, value); err != nil {
			return Remote{}, nil, err
		}
	}
	host := r.host
	if host == "" {
		host = r.session
	}
	addr, err := netip.ParseAddr(host)
	if !r.found || err != nil {
		return Remote{}, nil, fmt.Errorf("%w: no sound that can be taken", errDescription)
	}
	if addr.IsUnspecified() { // hold in the old way, RFC 3264 section 8.4
		r.remote.Takes = false
	}
	r.remote.Addr = netip.AddrPortFrom(addr.Unmap(), r.port)
	return r.remote, r.media, nil
}

func (r *reader) line(key, value string) error {
	switch key {
	case "m":
		return r.mediaLine(value)
	case "c":
		fields := strings.Fields(value)
		if len(fields) != 3 {
			return fmt.Errorf("%w: c= line", errDescription)
		}
		host, _, _ := strings.Cut(fields[2], "/")
		if len(r.media) == 0 {
			r.session = host
		} else if r.inSound {
			r.host = host
		}
	case "a":
		if r.inSound || len(r.media) == 0 {
			r.attribute(value)
		}
	}
	return nil
}

func (r *reader) mediaLine(value string) error {
	fields := strings.Fields(value)
	if len(fields) < 4 {
		return fmt.Errorf("%w: m= line", errDescription)
	}
	r.media = append(r.media, value)
	text, _, _ := strings.Cut(fields[1], "/")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return fmt.Errorf("%w: port", errDescription)
	}
	r.inSound = fields[0] == "audio" && port != 0 && !r.found
	if !r.inSound {
		return nil
	}
	if !slices.Contains(fields[3:], strconv.Itoa(payloadPCMU)) {
		return fmt.Errorf("%w: no PCMU", errDescription)
	}
	r.found, r.port = true, uint16(port)
	return nil
}

func (r *reader) attribute(value string) {
	switch name, rest, _ := strings.Cut(value, ":"); name {
	case "sendonly", "inactive":
		r.remote.Takes = false
	case "sendrecv", "recvonly":
		r.remote.Takes = true
	case "rtpmap":
		number, what, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseUint(number, 10, 7)
		if err == nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(what)), "telephone-event/8000") {
			r.remote.Events = uint8(n)
		}
	}
}
