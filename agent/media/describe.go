package media

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"vestibule/shared/fault"
)

// Bounds of a description.
const (
	maxDescription = 16 << 10
	maxLines       = 8 // media lines
)

func parse(body []byte) (*sdp.SessionDescription, error) {
	if len(body) == 0 || len(body) > maxDescription {
		return nil, fault.New(fault.Invalid, "The session description is empty or too long.")
	}
	d := &sdp.SessionDescription{}
	if err := d.Unmarshal(body); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The session description cannot be read.")
	}
	if n := len(d.MediaDescriptions); n == 0 || n > maxLines {
		return nil, fault.New(fault.Invalid, "The session description has %d media lines.", n)
	}
	return d, nil
}

// Readable tells whether a description can be anchored.
func Readable(body []byte) bool {
	_, err := parse(body)
	return err == nil
}

// live tells whether a media line is wanted: its port is not zero and it runs over RTP.
func live(m *sdp.MediaDescription) bool {
	return m.MediaName.Port.Value > 0 && m.MediaName.Port.Value < 65536 && slices.Contains(m.MediaName.Protos, "RTP")
}

// secured tells whether the packets of a media line are ciphered (SDES, RFC 4568; DTLS-SRTP, RFC 5763): nobody on the way can read them.
func secured(d *sdp.SessionDescription, m *sdp.MediaDescription) bool {
	_, whole := d.Attribute("fingerprint")
	_, print := m.Attribute("fingerprint")
	_, key := m.Attribute("crypto")
	return whole || print || key || slices.ContainsFunc(m.MediaName.Protos, func(p string) bool { return strings.HasPrefix(p, "SAVP") })
}

// Secured tells whether a description wants its speech ciphered: keys in it cannot be heard by the agent.
func Secured(body []byte) bool {
	d, err := parse(body)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(d.MediaDescriptions, func(m *sdp.MediaDescription) bool {
		return m.MediaName.Media == "audio" && live(m) && secured(d, m)
	})
}

// endpoint gives where a side wants the packets of a media line: RTP and RTCP (RFC 3605 when it says so).
func endpoint(d *sdp.SessionDescription, m *sdp.MediaDescription) (rtp, rtcp netip.AddrPort) {
	info := m.ConnectionInformation
	if info == nil {
		info = d.ConnectionInformation
	}
	if info == nil || info.Address == nil || !live(m) {
		return rtp, rtcp
	}
	text, _, _ := strings.Cut(info.Address.Address, "/")
	addr, err := netip.ParseAddr(text)
	if err != nil || !addr.Is4() || addr.IsUnspecified() || addr.IsMulticast() {
		return rtp, rtcp
	}
	port := m.MediaName.Port.Value
	rtp = netip.AddrPortFrom(addr, uint16(port))
	rtcp = netip.AddrPortFrom(addr, uint16(port+1))
	if value, ok := m.Attribute("rtcp"); ok {
		first, _, _ := strings.Cut(value, " ")
		if n, err := strconv.ParseUint(first, 10, 16); err == nil && n > 0 {
			rtcp = netip.AddrPortFrom(addr, uint16(n))
		}
	}
	return rtp, rtcp
}

// dropped are attributes that speak of another way for the packets than the one we write.
var dropped = []string{"rtcp", "rtcp-mux", "candidate", "end-of-candidates", "ice-ufrag", "ice-pwd", "ice-options", "ice-lite", "remote-candidates"}

func clean(list []sdp.Attribute) []sdp.Attribute {
	return slices.DeleteFunc(slices.Clone(list), func(a sdp.Attribute) bool { return slices.Contains(dropped, a.Key) })
}

// rewrite points every live media line at local and its port.
func rewrite(d *sdp.SessionDescription, local netip.Addr, ports []int) {
	at := &sdp.ConnectionInformation{NetworkType: "IN", AddressType: "IP4", Address: &sdp.Address{Address: local.String()}}
	d.ConnectionInformation = at
	d.Origin.AddressType, d.Origin.UnicastAddress = "IP4", local.String()
	d.Attributes = clean(d.Attributes)
	for i, m := range d.MediaDescriptions {
		m.Attributes = clean(m.Attributes)
		m.ConnectionInformation = nil
		m.MediaName.Port.Range = nil
		if live(m) && ports[i] > 0 {
			m.MediaName.Port.Value = ports[i]
		} else {
			m.MediaName.Port.Value = 0
		}
	}
}

// events lists the payload types that a media line gives to keys (RFC 4733 section 2.4).
func events(m *sdp.MediaDescription) []uint8 {
	var out []uint8
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" {
			continue
		}
		number, name, _ := strings.Cut(a.Value, " ")
		n, err := strconv.ParseUint(number, 10, 7)
		if err == nil && strings.HasPrefix(strings.ToLower(name), "telephone-event/") {
			out = append(out, uint8(n))
		}
	}
	return out
}

// addEvents offers keys on an audio line that does not; it gives the payload type, 0 when none is free.
func addEvents(m *sdp.MediaDescription) uint8 {
	for _, n := range append([]int{101}, dynamic()...) {
		text := strconv.Itoa(n)
		if slices.Contains(m.MediaName.Formats, text) {
			continue
		}
		m.MediaName.Formats = append(m.MediaName.Formats, text)
		m.Attributes = append(m.Attributes, sdp.NewAttribute("rtpmap", text+" telephone-event/8000"), sdp.NewAttribute("fmtp", text+" 0-16"))
		return uint8(n)
	}
	return 0
}

// dynamic lists the payload types that are free for negotiation (RFC 3551 section 6).
func dynamic() []int {
	var out []int
	for n := 96; n <= 127; n++ {
		out = append(out, n)
	}
	return out
}

// dropEvents takes keys out of an answer for a side that did not offer them.
func dropEvents(m *sdp.MediaDescription) {
	for _, pt := range events(m) {
		text := strconv.Itoa(int(pt))
		m.MediaName.Formats = slices.DeleteFunc(m.MediaName.Formats, func(f string) bool { return f == text })
		m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
			number, _, _ := strings.Cut(a.Value, " ")
			return (a.Key == "rtpmap" || a.Key == "fmtp") && number == text
		})
	}
}
