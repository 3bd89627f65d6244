package media

import (
	"slices"
	"strings"

	"github.com/pion/sdp/v3"

	"vestibule/shared/fault"
)

// way says in which directions a side lets a media line run.
type way struct{ sends, takes bool }

var ways = map[string]way{"sendrecv": {true, true}, "sendonly": {true, false}, "recvonly": {false, true}, "inactive": {false, false}}

// wayOf reads the direction of a media line; a line without one runs as its description says, or both ways (RFC 8866 section 6.7).
func wayOf(d *sdp.SessionDescription, m *sdp.MediaDescription) way {
	for _, list := range [][]sdp.Attribute{m.Attributes, d.Attributes} {
		for _, a := range list {
			if w, ok := ways[a.Key]; ok {
				return w
			}
		}
	}
	return ways["sendrecv"]
}

// setWay writes a direction.
func setWay(m *sdp.MediaDescription, w way) {
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool { _, is := ways[a.Key]; return is })
	for name, is := range ways {
		if is == w {
			m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute(name))
		}
	}
}

// Hold takes a description that the device changes inside the call, and gives the other side's, as the device is told it. Only that changes which is
// nobody's affair but the device's: where it wants its packets, and in which directions they run, so that a call is held and taken up again
// without the other side, which may be out of reach. Whatever the other side would have to agree to (another codec, another line, other
// keys of ciphered speech) is Invalid, and everything runs on as before.
func (h *Half) Hold(device []byte) ([]byte, error) {
	d, err := parse(device)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || !h.open {
		return nil, unfit()
	}
	told, err := parse(h.told)
	if err != nil {
		return nil, err
	}
	had, err := parse(h.device)
	if err != nil {
		return nil, err
	}
	if len(d.MediaDescriptions) != len(h.lines) {
		return nil, unfit()
	}
	for i := range h.lines {
		if !sameLine(had, d, told, i) {
			return nil, unfit()
		}
	}
	for i, l := range h.lines {
		h.turn(l, d, told, i)
	}
	h.changes++
	told.Origin.SessionVersion += h.changes
	out, err := told.Marshal()
	return out, fault.Wrap(err, fault.Internal, "The session description cannot be written.")
}

// sameLine tells whether a line of the device is still what both sides agreed to, and takes out of told what they did not.
func sameLine(had, now, told *sdp.SessionDescription, i int) bool {
	old, m, other := had.MediaDescriptions[i], now.MediaDescriptions[i], told.MediaDescriptions[i]
	switch {
	case !live(other): // refused by the other side, and it stays so
		return true
	case !live(old):
		other.MediaName.Port.Value = 0
		return !live(m)
	}
	agreed := func(f string) bool {
		return slices.Contains(old.MediaName.Formats, f) && slices.Contains(m.MediaName.Formats, f) && codec(old, f) == codec(m, f)
	}
	if !live(m) || m.MediaName.Media != old.MediaName.Media || !slices.Equal(m.MediaName.Protos, old.MediaName.Protos) ||
		!slices.Equal(secrets(now, m), secrets(had, old)) {
		return false
	}
	for _, f := range other.MediaName.Formats {
		if slices.Contains(old.MediaName.Formats, f) && !agreed(f) {
			return false
		}
	}
	other.MediaName.Formats = slices.DeleteFunc(other.MediaName.Formats, func(f string) bool { return !agreed(f) })
	other.Attributes = slices.DeleteFunc(other.Attributes, func(a sdp.Attribute) bool {
		f, _, _ := strings.Cut(a.Value, " ")
		return (a.Key == "rtpmap" || a.Key == "fmtp") && !slices.Contains(other.MediaName.Formats, f)
	})
	return len(other.MediaName.Formats) > 0
}

// codec is what a payload type of a media line stands for.
func codec(m *sdp.MediaDescription, format string) string {
	for _, a := range m.Attributes {
		if number, name, _ := strings.Cut(a.Value, " "); a.Key == "rtpmap" && number == format {
			return strings.ToLower(name)
		}
	}
	return ""
}

// secrets are the keys and fingerprints of a media line.
func secrets(d *sdp.SessionDescription, m *sdp.MediaDescription) []string {
	var out []string
	for _, a := range slices.Concat(d.Attributes, m.Attributes) {
		if a.Key == "crypto" || a.Key == "fingerprint" {
			out = append(out, a.Value)
		}
	}
	return out
}

// turn lets a line run as the device wants it, as far as the other side does, and writes that into told. It is called with mu held.
func (h *Half) turn(l *halfLine, d, told *sdp.SessionDescription, i int) {
	m, other := d.MediaDescriptions[i], told.MediaDescriptions[i]
	if !l.live || !live(m) || !live(other) {
		return
	}
	device, far := wayOf(d, m), wayOf(told, other)
	rtp, rtcp := h.endpoint(d, m)
	if old := l.far.rtp.wanted(); !rtp.IsValid() { // 0.0.0.0 was the way to hold before RFC 3264 (section 8.4)
		rtp, rtcp, device.takes = old, l.far.rtcp.wanted(), false
	}
	l.far.announce(rtp, rtcp)
	l.held = !device.takes
	setWay(other, way{sends: far.sends && device.takes, takes: far.takes && device.sends})
}
