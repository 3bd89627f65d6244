package places

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the positions of the cities
	"encoding/binary"
	"errors"
	"io"
	"math"
	"sync"

	"vestibule/shared/domain"
)

// reach is how far from a city somebody may stand for Near to name it, in kilometres. Beyond it a guess would be worth nothing.
const reach = 100.0

// degree is how long one degree of latitude is on a globe of the earth's mean radius, in kilometres.
const degree = math.Pi / 180 * 6371

// Position is a point on the earth, in degrees: north and east are positive.
type Position struct{ Lat, Lon float64 }

// To gives the way to q along a great circle in kilometres.
func (p Position) To(q Position) float64 {
	lat1, lat2 := radians(p.Lat), radians(q.Lat)
	half := haversine(lat2-lat1) + math.Cos(lat1)*math.Cos(lat2)*haversine(radians(q.Lon-p.Lon))
	return 2 * 6371 * math.Asin(math.Sqrt(min(1, half)))
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }

func haversine(angle float64) float64 { return math.Pow(math.Sin(angle/2), 2) }

//go:embed points.bin.gz
var packedPoints []byte

// point is where a city is, in hundredths of a degree: about a kilometre, which is less than a city is wide. Its latitude is that of no place on
// earth when the data does not know it.
type point struct{ lat, lon int16 }

func (p point) position() Position { return Position{float64(p.lat) / 100, float64(p.lon) / 100} }

// points are those of all cities, in the order of the catalogue. Like it they are part of the program, and unpacked at the first question.
var points = sync.OnceValue(func() []point {
	in, err := gzip.NewReader(bytes.NewReader(packedPoints))
	if err != nil {
		panic(err)
	}
	data, err := io.ReadAll(in)
	if err != nil {
		panic(err)
	}
	out, err := unpack(data)
	if err != nil {
		panic(err)
	}
	return out
})

// unpack reads, for each city, latitude and longitude as their differences from those of the city before.
func unpack(data []byte) ([]point, error) {
	in := bytes.NewReader(data)
	var out []point
	var last [2]int64
	for in.Len() > 0 {
		for i := range last {
			step, err := binary.ReadVarint(in)
			if err != nil {
				return nil, err
			}
			last[i] += step
			if last[i] != int64(int16(last[i])) {
				return nil, errors.New("no such position")
			}
		}
		out = append(out, point{int16(last[0]), int16(last[1])})
	}
	return out, nil
}

// Near names country, state and city of the nearest city (SITE-07); nothing when none is within 100 km. It knows no borders.
func Near(at Position) (domain.Address, bool) {
	i := nearest(points(), at)
	if i < 0 {
		return domain.Address{}, false
	}
	return read().city(i), true
}

// nearest gives the number of the nearest point within reach, or -1. A point that is further in latitude alone needs no trigonometry.
func nearest(all []point, at Position) int {
	found, best := -1, reach
	for i, p := range all {
		q := p.position()
		if math.Abs(q.Lat-at.Lat)*degree > best {
			continue
		}
		if way := at.To(q); way < best {
			found, best = i, way
		}
	}
	return found
}

// city is the one with number i of the whole catalogue.
func (c catalogue) city(i int) domain.Address {
	for _, country := range c.countries {
		n := c.nations[country.Code]
		for s, cities := range n.cities {
			if i < len(cities) {
				return domain.Address{Country: n.Code, State: n.states[s].Code, City: cities[i]}
			}
			i -= len(cities)
		}
	}
	return domain.Address{}
}
