package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"os"
	"slices"

	"vestibule/cloud/places"
)

// spot is where a city is; the data writes zeros for one that it does not know.
type spot struct {
	state string // country and state
	name  string
	at    places.Position
}

func (s spot) known() bool { return s.at != places.Position{} }

// A city that lies among those of another state and far from all others of its own has the position of a namesake, such as a quarter of Marseille.
const (
	among = 20.0  // kilometres
	apart = 200.0 // kilometres
)

// outposts are those that do lie there: at a border or on an island, far from the rest of their state.
var outposts = []string{
	"GY UT Lethem", "MM 17 Tachilek", "MM 05 Kawthoung", "NA CA Katima Mulilo", "VE F Santa Elena de Uairén", "CD SU Libenge", "IN PY Mahe",
	"IN PY Yanam", "KZ 19 Druzhba", "MM 17 Taunggyi",
}

// withoutStrays forgets positions that cannot be right: whoever stands there would be told a city far away.
func withoutStrays(all []spot) []spot {
	byState := map[string][]spot{}
	for _, s := range all {
		byState[s.state] = append(byState[s.state], s)
	}
	out := slices.Clone(all)
	for i, s := range all {
		own := func(o spot) bool { return o.name != s.name && s.within(apart, o) }
		other := func(o spot) bool { return o.state != s.state && s.within(among, o) }
		if !s.known() || slices.ContainsFunc(byState[s.state], own) || slices.Contains(outposts, s.state+" "+s.name) {
			continue
		}
		if slices.ContainsFunc(all, other) {
			out[i].at = places.Position{}
		}
	}
	return out
}

func (s spot) within(km float64, o spot) bool { return o.known() && s.at.To(o.at) < km }

// pack writes latitude and longitude of each city in hundredths of a degree, as their differences from those of the city before; 91 degrees
// north stand for a position that is not known.
func pack(all []spot) []byte {
	var out []byte
	var last [2]int64
	for _, s := range all {
		at := s.at
		if !s.known() {
			at = places.Position{Lat: 91}
		}
		for i, degrees := range []float64{at.Lat, at.Lon} {
			value := int64(math.Round(degrees * 100))
			out = binary.AppendVarint(out, value-last[i])
			last[i] = value
		}
	}
	return out
}

// write compresses data into a file.
func write(file string, data []byte) error {
	var packed bytes.Buffer
	out, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := out.Write(data); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, packed.Bytes(), 0o644)
}
