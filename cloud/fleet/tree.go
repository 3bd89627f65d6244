package fleet

import (
	"context"

	"vestibule/shared/domain"
)

// NoFloor is the filter word for apartments without a floor.
const NoFloor = "none"

// Trees reads the tree of a site (SITE-24), one query for each level.
type Trees interface {
	// PublicArea counts what stands in no building of a site.
	PublicArea(ctx context.Context, site domain.SiteID) (PublicArea, error)
	TreeBuildings(ctx context.Context, site domain.SiteID) ([]TreeBuilding, error)
	// TreeFloors lists the floors of a building that have apartments, the highest first, without the apartments.
	TreeFloors(ctx context.Context, site domain.SiteID, building domain.BuildingID) ([]TreeFloor, error)
	// TreeApartments lists the apartments of a building, or of one of its floors, by number; at most limit.
	TreeApartments(ctx context.Context, site domain.SiteID, building domain.BuildingID, floor *string, limit int) ([]TreeApartment, error)
}

// PublicArea is what a site has outside its buildings.
type PublicArea struct{ Devices, Cameras int }

// Tree is the first level: the community with its public area and its buildings.
type Tree struct {
	Public    PublicArea
	Buildings []TreeBuilding
}

// TreeBuilding is a building with what it holds.
type TreeBuilding struct {
	ID                  domain.BuildingID
	Name                string
	Apartments, Devices int
	Revision            uint64
}

// TreeFloor is a floor of a building; Apartments are nil where they are asked for floor by floor.
type TreeFloor struct {
	Floor      string
	Count      int
	Apartments []TreeApartment `gorm:"-"`
}

// TreeApartment is an apartment as the tree shows it.
type TreeApartment struct {
	ID                  domain.ApartmentID
	Number, Name, Floor string
	People, Devices     int
}

// wholeBuilding is up to how many apartments a building is answered at once; maxFloor is the most of one floor.
const (
	wholeBuilding = 500
	maxFloor      = 5000
)

// Tree gives the first level of the tree.
func (s *Service) Tree(ctx context.Context, site domain.SiteID) (Tree, error) {
	if _, err := s.cfg.Store.Site(ctx, site); err != nil {
		return Tree{}, err
	}
	var out Tree
	var err error
	if out.Public, err = s.cfg.Store.PublicArea(ctx, site); err != nil {
		return out, err
	}
	out.Buildings, err = s.cfg.Store.TreeBuildings(ctx, site)
	return out, err
}

// Floors gives the floors of a building with their apartments; of a building with many apartments only those of the floor that is asked for, which
// nil leaves open.
func (s *Service) Floors(ctx context.Context, site domain.SiteID, building domain.BuildingID, floor *string) ([]TreeFloor, error) {
	if _, err := s.cfg.Store.Building(ctx, site, building); err != nil {
		return nil, err
	}
	floors, err := s.cfg.Store.TreeFloors(ctx, site, building)
	if err != nil {
		return nil, err
	}
	all := 0
	for _, f := range floors {
		all += f.Count
	}
	if floor == nil && all > wholeBuilding {
		return floors, nil
	}
	apartments, err := s.cfg.Store.TreeApartments(ctx, site, building, floor, maxFloor)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, f := range floors {
		at[f.Floor] = i
	}
	for _, a := range apartments {
		f := &floors[at[a.Floor]]
		f.Apartments = append(f.Apartments, a)
	}
	return floors, nil
}
