package media

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"vestibule/shared/fault"
)

// spoken are the codecs that every telephone network takes: G.711 in its two forms (RFC 3551 section 6).
var spoken = []string{"0", "8"}

// ForPhone makes of an offer one for the telephone network: the first line of speech, in G.711 where it has that, and its keys; every other line is
// refused before it is asked for (RFC 3264 section 6), so that answers keep the places of the lines.
func ForPhone(offer []byte) ([]byte, error) {
	d, err := parse(offer)
	if err != nil {
		return nil, err
	}
	speech := slices.IndexFunc(d.MediaDescriptions, func(m *sdp.MediaDescription) bool { return m.MediaName.Media == "audio" && live(m) })
	if speech < 0 {
		return nil, fault.New(fault.Invalid, "The session description has no speech.")
	}
	for i, m := range d.MediaDescriptions {
		if i == speech {
			plain(m)
		} else {
			m.MediaName.Port.Value = 0
		}
	}
	body, err := d.Marshal()
	return body, fault.Wrap(err, fault.Internal, "The session description cannot be written.")
}

// plain keeps G.711 and keys on a line that has G.711.
func plain(m *sdp.MediaDescription) {
	keep := slices.Clone(spoken)
	for _, pt := range events(m) {
		keep = append(keep, strconv.Itoa(int(pt)))
	}
	if !slices.ContainsFunc(m.MediaName.Formats, func(f string) bool { return slices.Contains(spoken, f) }) {
		return
	}
	m.MediaName.Formats = slices.DeleteFunc(m.MediaName.Formats, func(f string) bool { return !slices.Contains(keep, f) })
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool {
		number, _, _ := strings.Cut(a.Value, " ")
		return (a.Key == "rtpmap" || a.Key == "fmtp" || a.Key == "rtcp-fb") && !slices.Contains(keep, number)
	})
}

// FromPhone gives an answer to offer as many lines as that has: gateways leave refused ones out.
func FromPhone(offer, answer []byte) ([]byte, error) {
	asked, err := parse(offer)
	if err != nil {
		return nil, err
	}
	d, err := parse(answer)
	if err != nil {
		return nil, err
	}
	if len(d.MediaDescriptions) >= len(asked.MediaDescriptions) {
		return answer, nil
	}
	said := d.MediaDescriptions
	d.MediaDescriptions = nil
	for _, m := range asked.MediaDescriptions {
		if live(m) && len(said) > 0 {
			d.MediaDescriptions, said = append(d.MediaDescriptions, said[0]), said[1:]
			continue
		}
		m.MediaName.Port.Value, m.Attributes = 0, nil
		d.MediaDescriptions = append(d.MediaDescriptions, m)
	}
	body, err := d.Marshal()
	return body, fault.Wrap(err, fault.Internal, "The session description cannot be written.")
}
