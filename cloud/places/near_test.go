package places_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"vestibule/cloud/places"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// shows SITE-07 by cloud/places/near.go: "last[i] += step" => "last[i] = step"
// shows SITE-07 by cloud/places/near.go: "i -= len(cities)" => ""
func TestNear_NamesTheCityThatStandsThere(t *testing.T) {
	for _, c := range []struct {
		lat, lon float64
		want     string // nothing where there is no city
	}{
		{47.333, 9.633, "AT 8 Götzis"},
		{51.454, 6.051, "NL LI Horst"}, // one that we added
		{55.676, 12.568, "DK 84 Copenhagen"},
		{43.894, -75.674, "US NY West Carthage"}, // where the data has the one above
		{40.71, -74.00, "US NY New York City"},
		{-45.03, 168.66, "NZ OTA Queenstown"},
		{-54.80, -68.30, "AR V Ushuaia"},
		{-18.14, 178.44, "FJ C Suva"},
		{-13.83, -171.77, "WS TU Apia"},
		{66.32, -179.12, "RU CHU Egvekinot"},
		{66.32, 179.95, "RU CHU Egvekinot"}, // from the other side of the date line
		{66.32, 180, "RU CHU Egvekinot"},
		{66.32, -180, "RU CHU Egvekinot"},
		{0, 0, ""}, // where the data has cities that it does not know
		{30, -40, ""},
		{-37.06, -12.31, ""},
		{90, 0, ""},
		{-90, 0, ""},
	} {
		a, ok := places.Near(places.Position{Lat: c.lat, Lon: c.lon})
		got := ""
		if ok {
			got = a.Country + " " + a.State + " " + a.City
		}
		if got != c.want {
			t.Errorf("at %v %v stands %q, want %q", c.lat, c.lon, got, c.want)
		}
	}
}

// Every city has its position, and what Near gives is an address that a form takes.
func TestNear_GivesAddressesOfTheCatalogue(t *testing.T) {
	if cities, points := places.CountCities(), places.Points(); cities != points {
		t.Fatalf("%d cities and %d positions", cities, points)
	}
	chance, named := rand.New(rand.NewPCG(1, 1)), 0
	for range 300 {
		a, ok := places.Near(places.Position{Lat: chance.Float64()*130 - 60, Lon: chance.Float64()*360 - 180})
		if !ok {
			continue
		}
		named++
		var f fault.Fields
		places.Check(&f, "", a)
		if a.City == "" || a.State == "" || f.Err() != nil || a != (domain.Address{Country: a.Country, State: a.State, City: a.City}) {
			t.Errorf("%+v: %v", a, f.Err())
		}
	}
	if named < 50 {
		t.Errorf("only %d of 300 places have a city", named)
	}
}

// shows SITE-07 by cloud/places/near.go: "math.Asin(math.Sqrt(min(1, half)))" => "half"
func TestNearest_IsWhatMeasuringAllGives(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 7))
	for _, lat := range []float64{-89.9, -60, -1, 0, 47, 70, 89.5} {
		for _, lon := range []float64{-179.9, -90, 0, 120, 179.8} {
			for range 20 {
				agrees(t, crowd(chance, lat, lon), places.Position{Lat: lat, Lon: lon})
			}
		}
	}
}

// crowd scatters points over some hundred kilometres, the poles and the date line included.
func crowd(chance *rand.Rand, lat, lon float64) [][2]int16 {
	wide := min(180, 3/math.Cos(lat*math.Pi/180))
	all := make([][2]int16, chance.IntN(40))
	for i := range all {
		north := min(90, max(-90, lat+chance.Float64()*6-3))
		east := math.Mod(lon+(chance.Float64()*2-1)*wide+540, 360) - 180
		all[i] = [2]int16{int16(north * 100), int16(east * 100)}
	}
	return all
}

// agrees compares with the angle between vectors, which knows neither poles nor a date line.
func agrees(t *testing.T, all [][2]int16, at places.Position) {
	t.Helper()
	want := 100.0
	ways := make([]float64, len(all))
	for i, p := range all {
		ways[i] = 6371 * angle(at, places.Position{Lat: float64(p[0]) / 100, Lon: float64(p[1]) / 100})
		want = min(want, ways[i])
	}
	got := 100.0
	if i := places.Nearest(all, at); i >= 0 {
		got = ways[i]
	}
	if math.Abs(got-want) > 0.001 {
		t.Errorf("at %+v: %v km, want %v km", at, got, want)
	}
}

func angle(a, b places.Position) float64 {
	x, y := vector(a), vector(b)
	cross := math.Hypot(math.Hypot(x[1]*y[2]-x[2]*y[1], x[2]*y[0]-x[0]*y[2]), x[0]*y[1]-x[1]*y[0])
	return math.Atan2(cross, x[0]*y[0]+x[1]*y[1]+x[2]*y[2])
}

func vector(p places.Position) [3]float64 {
	lat, lon := p.Lat*math.Pi/180, p.Lon*math.Pi/180
	return [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
}
