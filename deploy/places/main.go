// Command places turns the data of the npm package @countrystatecity/countries into the address catalogue of cloud/places.
//
// Run by hand, when the data shall be newer: `npm pack @countrystatecity/countries`, unpack it, then
// `go run ./deploy/places -from package/dist/data`. It writes two files: the names, and the positions of the cities in the same order. The same
// data gives the same bytes. It must never read anything but that folder.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vestibule/cloud/places"
)

// additions are places that the data lacks and that people here know: country, state, names.
var additions = map[string][]string{
	"NL LI": {"Horst", "Veulen", "Meterik", "Grubbenvorst", "Kronenberg"},
}

// positions are those that the data lacks or has wrong: country, state, name.
var positions = map[string]places.Position{
	"NL LI Horst":        {Lat: 51.45, Lon: 6.05},
	"NL LI Grubbenvorst": {Lat: 51.42, Lon: 6.15},
	"DK 84 Copenhagen":   {Lat: 55.68, Lon: 12.57},
}

// codes mends calling codes that the data has wrong.
var codes = map[string]string{"BV": "47", "SX": "1", "HM": "672", "GS": "500", "UM": "1", "TF": "262", "AQ": "672"}

type country struct {
	Name  string `json:"name"`
	ISO2  string `json:"iso2"`
	Phone string `json:"phonecode"`
}

type state struct {
	Name string `json:"name"`
	Code string `json:"iso2"`
}

type city struct {
	Name string  `json:"name"`
	Lat  float64 `json:"latitude,string"`
	Lon  float64 `json:"longitude,string"`
}

// catalogue is what becomes the two files: the lines of names, and the cities among them in the same order.
type catalogue struct {
	names  bytes.Buffer
	cities []spot
}

func main() {
	from := flag.String("from", "", "the folder data of the package")
	to := flag.String("to", "cloud/places", "the folder of the catalogue")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "places:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	var countries []country
	if err := read(filepath.Join(from, "countries.json"), &countries); err != nil {
		return err
	}
	slices.SortFunc(countries, func(a, b country) int { return strings.Compare(a.Name, b.Name) })
	var out catalogue
	for _, c := range countries {
		phone := digits(c.Phone)
		if mended, ok := codes[c.ISO2]; ok {
			phone = mended
		}
		fmt.Fprintf(&out.names, "=%s\t%s\t%s\n", c.ISO2, phone, clean(c.Name))
		if err := out.addStates(from, c); err != nil {
			return fmt.Errorf("%s: %w", c.ISO2, err)
		}
	}
	if err := write(filepath.Join(to, "places.txt.gz"), out.names.Bytes()); err != nil {
		return err
	}
	return write(filepath.Join(to, "points.bin.gz"), pack(withoutStrays(out.cities)))
}

func (out *catalogue) addStates(from string, c country) error {
	folders, err := filepath.Glob(filepath.Join(from, "*-"+c.ISO2))
	if err != nil || len(folders) == 0 {
		return err
	}
	var all []state
	if err := read(filepath.Join(folders[0], "states.json"), &all); err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b state) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range all {
		fmt.Fprintf(&out.names, "+%s\t%s\n", s.Code, clean(s.Name))
		cities, err := citiesOf(folders[0], s)
		if err != nil {
			return err
		}
		out.addCities(c.ISO2+" "+s.Code, cities)
	}
	return nil
}

func citiesOf(folder string, s state) ([]city, error) {
	found, err := filepath.Glob(filepath.Join(folder, "*-"+s.Code, "cities.json"))
	if err != nil {
		return nil, err
	}
	var all []city
	for _, file := range found {
		var cities []city
		if err := read(file, &cities); err != nil {
			return nil, err
		}
		all = append(all, cities...)
	}
	return all, nil
}

// addCities writes the cities of a state by name; of two with the same name one stands there, with the position of the first.
func (out *catalogue) addCities(of string, cities []city) {
	at := map[string]places.Position{}
	for _, name := range additions[of] {
		at[name] = places.Position{}
	}
	for _, c := range cities {
		name := clean(c.Name)
		if at[name] == (places.Position{}) {
			at[name] = places.Position{Lat: c.Lat, Lon: c.Lon}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(at)) {
		if known, ok := positions[of+" "+name]; ok {
			at[name] = known
		}
		fmt.Fprintln(&out.names, name)
		out.cities = append(out.cities, spot{of, name, at[name]})
	}
}

func read(file string, into any) error {
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) && filepath.Base(file) == "states.json" {
		return nil // a country without states
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// clean keeps a name on one line that no mark of ours begins.
func clean(name string) string {
	return strings.TrimLeft(strings.Join(strings.Fields(name), " "), "=+")
}

func digits(text string) string {
	first, _, _ := strings.Cut(text, " and ")
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, first)
}
