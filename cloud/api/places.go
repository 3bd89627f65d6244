package api

import (
	"context"
	"math"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/places"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Country is one country of the address catalogue.
type Country struct {
	Code string `json:"code" doc:"ISO 3166-1 alpha-2."`
	Name string `json:"name"`
	Area string `json:"area" doc:"Calling code, such as +43."`
}

// State is a state or province.
type State struct {
	Code string `json:"code" doc:"Its code within the country."`
	Name string `json:"name"`
}

// Items is a list that is given whole.
type Items[T any] struct {
	Items []T `json:"items" nullable:"false"`
}

// places registers the address catalogue; whoever is signed in may read it.
func (a *API) places() {
	route(a, http.MethodGet, "/places/countries", "list-countries", "Countries with their calling codes", func(context.Context, *struct{}) (*Body[Items[Country]], error) {
		out := Items[Country]{Items: []Country{}}
		for _, c := range places.Countries() {
			out.Items = append(out.Items, Country{Code: c.Code, Name: c.Name, Area: places.AreaCode(c.Code)})
		}
		return &Body[Items[Country]]{out}, nil
	}, needs(account.Self), tag("places"))
	route(a, http.MethodGet, "/places/states", "list-states", "States of a country", func(_ context.Context, in *struct {
		Country string `query:"country" maxLength:"2"`
	},
	) (*Body[Items[State]], error) {
		out := Items[State]{Items: []State{}}
		for _, s := range places.States(in.Country) {
			out.Items = append(out.Items, State(s))
		}
		return &Body[Items[State]]{out}, nil
	}, needs(account.Self), tag("places"))
	route(a, http.MethodGet, "/places/cities", "list-cities", "Cities of a state, or of a country without chosen state", func(_ context.Context, in *struct {
		Country string `query:"country" maxLength:"2"`
		State   string `query:"state" maxLength:"128"`
	},
	) (*Body[Items[string]], error) {
		cities := places.Cities(in.Country, in.State)
		return &Body[Items[string]]{Items[string]{Items: append([]string{}, cities...)}}, nil
	}, needs(account.Self), tag("places"))
	route(a, http.MethodGet, "/places/near", "near-place", "Country, state and city of a position; none of them when no city is within 100 km. The position is kept nowhere", func(_ context.Context, in *NearQuery) (*Body[domain.Address], error) {
		at, err := in.position()
		if err != nil {
			return nil, err
		}
		found, _ := places.Near(at)
		return &Body[domain.Address]{found}, nil
	}, needs(account.Self), tag("places"))
}

// NearQuery is where somebody stands (SITE-07).
type NearQuery struct {
	Lat float64 `query:"lat" required:"true" minimum:"-90" maximum:"90" doc:"Degrees north."`
	Lon float64 `query:"lon" required:"true" minimum:"-180" maximum:"180" doc:"Degrees east."`
}

// position refuses what is a number to the framework and no place on earth.
func (q NearQuery) position() (places.Position, error) {
	var f fault.Fields
	f.Check(!math.IsNaN(q.Lat), "lat", "From -90 to 90 degrees.")
	f.Check(!math.IsNaN(q.Lon), "lon", "From -180 to 180 degrees.")
	return places.Position{Lat: q.Lat, Lon: q.Lon}, f.Err()
}
