package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
)

// Tree is a site's public area and its buildings.
type Tree struct {
	Public    TreePublic     `json:"public"`
	Buildings []TreeBuilding `json:"buildings" nullable:"false"`
}

// TreePublic is what stands in no building.
type TreePublic struct {
	Devices int `json:"devices"`
	Cameras int `json:"cameras"`
}

// TreeBuilding is a building with what it holds.
type TreeBuilding struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Apartments int    `json:"apartments"`
	Devices    int    `json:"devices"`
	Revision   uint64 `json:"revision"`
}

// TreeFloors is the next level: the floors of a building.
type TreeFloors struct {
	Floors []TreeFloor `json:"floors" nullable:"false" doc:"The highest first."`
}

// TreeFloor is a floor with its apartments.
type TreeFloor struct {
	Floor      string          `json:"floor" doc:"Empty: apartments without one."`
	Count      int             `json:"count"`
	Apartments []TreeApartment `json:"apartments" doc:"Null in a building with more than 500: ask floor by floor."`
}

// TreeApartment is an apartment with how many live and how much stands in it.
type TreeApartment struct {
	ID      string `json:"id"`
	Number  string `json:"number"`
	Name    string `json:"name"`
	People  int    `json:"people"`
	Devices int    `json:"devices"`
}

func (a *API) tree() {
	route(a, http.MethodGet, "/sites/{site}/tree", "get-tree", "Public area and buildings of a site", func(ctx context.Context, in *SitePath) (*Body[Tree], error) {
		tree, err := a.Fleet.Tree(ctx, in.site())
		if err != nil {
			return nil, err
		}
		out := Tree{Public: TreePublic{Devices: tree.Public.Devices, Cameras: tree.Public.Cameras}, Buildings: make([]TreeBuilding, len(tree.Buildings))}
		for i, b := range tree.Buildings {
			out.Buildings[i] = TreeBuilding{ID: b.ID.String(), Name: b.Name, Apartments: b.Apartments, Devices: b.Devices, Revision: b.Revision}
		}
		return &Body[Tree]{out}, nil
	}, needs(account.SitesRead), tag("buildings"))
	route(a, http.MethodGet, "/sites/{site}/tree/{building}", "get-tree-floors", "Floors and apartments of a building", func(ctx context.Context, in *struct {
		BuildingPath
		Floor string `query:"floor" doc:"Only the apartments of this floor, or of none."`
	},
	) (*Body[TreeFloors], error) {
		var floor *string
		if in.Floor != "" {
			floor = &in.Floor
		}
		if in.Floor == fleet.NoFloor {
			floor = new(string)
		}
		floors, err := a.Fleet.Floors(ctx, in.site(), in.id(), floor)
		out := TreeFloors{Floors: make([]TreeFloor, len(floors))}
		for i, f := range floors {
			out.Floors[i] = TreeFloor{Floor: f.Floor, Count: f.Count}
			for _, o := range f.Apartments {
				out.Floors[i].Apartments = append(out.Floors[i].Apartments, TreeApartment{ID: o.ID.String(), Number: o.Number, Name: o.Name, People: o.People, Devices: o.Devices})
			}
		}
		return &Body[TreeFloors]{out}, err
	}, needs(account.SitesRead), tag("buildings"))
}
