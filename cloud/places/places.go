package places

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the catalogue
	"io"
	"slices"
	"strings"
	"sync"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Country is one country: its ISO 3166-1 alpha-2 code, its English name and its calling code without plus, such as 43.
type Country struct{ Code, Name, Phone string }

// State is a state or province: its code within the country (ISO 3166-2 without the country) and its name.
type State struct{ Code, Name string }

//go:embed places.txt.gz
var packed []byte

// nation is a country with what belongs to it; cities stands beside states, in the same order.
type nation struct {
	Country
	states []State
	cities [][]string
}

type catalogue struct {
	countries []Country
	nations   map[string]*nation
}

// read unpacks the catalogue once. The file is part of the program and a test reads it, so a fault of it is a fault of the build.
var read = sync.OnceValue(func() catalogue {
	in, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		panic(err)
	}
	return parse(string(text))
})

// parse reads lines: "=" begins a country, "+" a state of it, everything else is a city of that.
func parse(text string) catalogue {
	out := catalogue{nations: map[string]*nation{}}
	var n *nation
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch line[0] {
		case '=':
			part := strings.SplitN(line[1:], "\t", 3)
			n = &nation{Country: Country{Code: part[0], Phone: part[1], Name: part[2]}}
			out.countries, out.nations[n.Code] = append(out.countries, n.Country), n
		case '+':
			code, name, _ := strings.Cut(line[1:], "\t")
			n.states, n.cities = append(n.states, State{code, name}), append(n.cities, nil)
		default:
			last := len(n.cities) - 1
			n.cities[last] = append(n.cities[last], line)
		}
	}
	return out
}

// Countries lists every country by its English name.
func Countries() []Country { return slices.Clone(read().countries) }

// States lists the states of a country by name; none for an unknown country.
func States(country string) []State {
	n, ok := read().nations[country]
	if !ok {
		return nil
	}
	return slices.Clone(n.states)
}

// Cities lists the cities of a state, or of a whole country when state is empty; none for unknown ones.
func Cities(country, state string) []string {
	n, ok := read().nations[country]
	if !ok {
		return nil
	}
	if state == "" {
		return slices.Compact(slices.Sorted(slices.Values(slices.Concat(n.cities...))))
	}
	if i := n.state(state); i >= 0 {
		return slices.Clone(n.cities[i])
	}
	return nil
}

func (n *nation) state(code string) int {
	return slices.IndexFunc(n.states, func(s State) bool { return s.Code == code })
}

// AreaCode gives the calling code of a country with its plus, such as +43; empty for an unknown country (PEOPLE-14).
func AreaCode(country string) string {
	if n, ok := read().nations[country]; ok && n.Phone != "" {
		return "+" + n.Phone
	}
	return ""
}

// Check notes at at+"country", at+"state" and at+"city" what does not belong to its parent (SITE-08). Every part may be empty.
func Check(f *fault.Fields, at string, a domain.Address) {
	n, ok := read().nations[a.Country]
	switch {
	case a.Country == "":
		f.Check(a.State == "", at+"state", "Choose the country first.")
		f.Check(a.City == "", at+"city", "Choose the country first.")
		return
	case !ok:
		f.Add(at+"country", "This country is not in the catalogue.")
		return
	}
	cities := n.cities
	if a.State != "" {
		i := n.state(a.State)
		if i < 0 {
			f.Add(at+"state", "This state is not in %s.", n.Name)
			return
		}
		cities = n.cities[i : i+1]
	}
	if a.City != "" {
		f.Check(holds(cities, a.City), at+"city", "%s", n.notHere(a.State))
	}
}

func (n *nation) notHere(state string) string {
	name := n.Name
	if i := n.state(state); i >= 0 {
		name = n.states[i].Name
	}
	return "This city is not in " + name + "."
}

// holds tells whether one of the lists has a city, whichever way its umlauts are written.
func holds(lists [][]string, city string) bool {
	wanted := spelled(city)
	for _, list := range lists {
		if slices.ContainsFunc(list, func(name string) bool { return spelled(name) == wanted }) {
			return true
		}
	}
	return false
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// spelled is a name as both Götzis and Goetzis write it.
func spelled(name string) string { return umlauts.Replace(strings.ToLower(name)) }
