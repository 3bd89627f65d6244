// Command places turns the data of the npm package @countrystatecity/countries into the address catalogue of cloud/places.
//
// Run by hand, when the data shall be newer: `npm pack @countrystatecity/countries`, unpack it, then
// `go run ./deploy/places -from package/dist/data > cloud/places/places.txt.gz`. The same data gives the same bytes. It must
// never read anything but that folder.
package main

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// additions are places that the data lacks and that people here know: country, state, names.
var additions = map[string][]string{
	"NL LI": {"Horst", "Veulen", "Meterik", "Grubbenvorst", "Kronenberg"},
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

func main() {
	from := flag.String("from", "", "the folder data of the package")
	flag.Parse()
	if err := run(*from, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "places:", err)
		os.Exit(1)
	}
}

func run(from string, to io.Writer) error {
	var countries []country
	if err := read(filepath.Join(from, "countries.json"), &countries); err != nil {
		return err
	}
	slices.SortFunc(countries, func(a, b country) int { return strings.Compare(a.Name, b.Name) })
	out, err := gzip.NewWriterLevel(to, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, c := range countries {
		phone := digits(c.Phone)
		if mended, ok := codes[c.ISO2]; ok {
			phone = mended
		}
		fmt.Fprintf(out, "=%s\t%s\t%s\n", c.ISO2, phone, clean(c.Name))
		if err := states(out, from, c); err != nil {
			return fmt.Errorf("%s: %w", c.ISO2, err)
		}
	}
	return out.Close()
}

func states(out io.Writer, from string, c country) error {
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
		fmt.Fprintf(out, "+%s\t%s\n", s.Code, clean(s.Name))
		names := slices.Clone(additions[c.ISO2+" "+s.Code])
		found, err := filepath.Glob(filepath.Join(folders[0], "*-"+s.Code, "cities.json"))
		if err != nil {
			return err
		}
		for _, file := range found {
			var cities []state
			if err := read(file, &cities); err != nil {
				return err
			}
			for _, city := range cities {
				names = append(names, clean(city.Name))
			}
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			fmt.Fprintln(out, name)
		}
	}
	return nil
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
