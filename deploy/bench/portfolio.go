package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"vestibule/deploy/stack"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// portfolio says how much one installer looks after. One site is large and one small; of the others a fifth are single homes, a tenth are
// workplaces, and the rest are communities that share the other apartments.
type portfolio struct {
	sites, apartments int
	large, small      int // apartments of those two sites
	workers, cameras  int // people of a workplace, cameras of a community
	unboundMACs       int
}

var (
	fullPostgres = portfolio{sites: 1000, apartments: 100_000, large: 20_000, small: 100, workers: 50, cameras: 5, unboundMACs: 10_000}
	fullSQLite   = portfolio{sites: 100, apartments: 10_000, large: 2_000, small: 100, workers: 50, cameras: 5, unboundMACs: 1_000}
	quickEither  = portfolio{sites: 32, apartments: 600, large: 300, small: 20, workers: 5, cameras: 2, unboundMACs: 20}
)

// plot is one site to be made, and then what it is called by.
type plot struct {
	kind       domain.SiteKind
	name       string
	apartments int
	people     int // who work there
	cameras    int

	id     domain.SiteID
	group  domain.NetworkGroup
	houses []domain.Building
	homes  []domain.ApartmentID // of a community
	party  string               // id of the department or company
}

// plots lists the sites, the large one first and the small one second.
func (p portfolio) plots() []*plot {
	out := []*plot{{apartments: p.large}, {apartments: p.small}}
	rest, others := p.apartments-p.large-p.small, p.sites-2
	singles, places := others/5, others/10
	communities := others - singles - places
	for i := range others {
		next := &plot{kind: domain.SingleHome, apartments: 1}
		switch {
		case i < communities:
			next = &plot{apartments: (rest - singles) / communities}
			if i < (rest-singles)%communities {
				next.apartments++
			}
		case i < communities+places/2:
			next = &plot{kind: domain.Office, people: p.workers}
		case i < communities+places:
			next = &plot{kind: domain.Commercial, people: p.workers}
		}
		out = append(out, next)
	}
	for i, one := range out {
		if one.kind == "" {
			one.kind, one.cameras = domain.Community, p.cameras
		}
		one.name = fmt.Sprintf("%s %s %d", lastNames[i%len(lastNames)], streets[i/len(lastNames)%len(streets)], i+1)
	}
	return out
}

var streets = []string{"Court", "Lane", "Gardens", "Yard", "Quay", "Heights", "Square"}

// found makes the site through the API with its houses, and the department or company of a workplace: the rest comes in one batch.
func (o *plot) found(ctx context.Context, c *stack.Client) error {
	form := map[string]any{"name": o.name, "time_zone": "Europe/Berlin", "kind": o.kind}
	if o.kind == domain.SingleHome {
		form["user"] = map[string]any{"name": somebody(), "email": fmt.Sprintf("home%d@example.com", rand.N(1<<40))}
	}
	var made stack.Named
	err := c.Do(ctx, "POST", "/sites", form, &made)
	if err != nil {
		return err
	}
	if o.id, err = domain.ParseID[domain.SiteID](made.ID); err != nil {
		return err
	}
	switch o.kind {
	case domain.Community:
		for i := range (o.apartments + perHouse - 1) / perHouse {
			if err := c.Do(ctx, "POST", o.path("/buildings"), map[string]any{"name": fmt.Sprintf("House %d", i+1)}, nil); err != nil {
				return err
			}
		}
	case domain.Office:
		err = c.Do(ctx, "POST", o.path("/departments"), map[string]any{"name": "Sales"}, &made)
		o.party = made.ID
	case domain.Commercial:
		err = c.Do(ctx, "POST", o.path("/companies"), map[string]any{"name": "Atlas"}, &made)
		o.party = made.ID
	}
	return err
}

// perHouse is how many apartments stand in one building: ten on a floor.
const perHouse = 400

func (o *plot) path(rest string) string { return "/sites/" + o.id.String() + rest }

// somebody is a first and a family name.
func somebody() string { return pick(firstNames) + " " + pick(lastNames) }

func pick[T any](of []T) T { return of[rand.N(len(of))] }

// numbers gives MACs and SIP numbers that nobody else has.
type numbers struct{ last int }

// next goes round the billion in steps that meet every number once.
func (n *numbers) next() int {
	n.last++
	return n.last * 618_033_989 % 1_000_000_000
}

func (n *numbers) sip(first int) string { return fmt.Sprintf("%d%09d", first, n.next()) }

func (n *numbers) mac() domain.MAC {
	n.last++
	return domain.MAC(fmt.Sprintf("0C11%08X", n.last))
}

// home makes an apartment with its two people, its monitor, and in every second home the panel at its door.
func (o *plot) home(b *contents, n *numbers, i int, at time.Time) {
	house := o.houses[i/perHouse]
	floor := i%perHouse/10 + 1
	home := domain.Apartment{
		ID: domain.NewID[domain.ApartmentID](at), SiteID: o.id, BuildingID: house.ID, Number: fmt.Sprintf("%d%02d", floor, i%10+1),
		Name: pick(lastNames), Floor: fmt.Sprint(floor), Contact: domain.GroupCall, Path: domain.CallByIP, SIPUser: n.sip(5), Revision: 1,
	}
	b.Apartments = append(b.Apartments, home)
	for _, kind := range []domain.PersonKind{domain.Master, domain.Member} {
		b.People = append(b.People, domain.Person{
			ID: domain.NewID[domain.PersonID](at), SiteID: o.id, ApartmentID: home.ID, Kind: kind, FirstName: pick(firstNames), LastName: home.Name,
			SIPUser: n.sip(6), Email: fmt.Sprintf("p%d@example.com", n.next()), Phone: fmt.Sprintf("+49 30 %07d", rand.N(10_000_000)), Revision: 1,
		})
	}
	o.device(b, n, domain.Device{Type: domain.Monitor, Name: "Monitor " + home.Number, BuildingID: house.ID, ApartmentID: home.ID}, at)
	switch {
	case i%10 == 0:
		o.device(b, n, domain.Device{Type: domain.DoorPhone, Name: fmt.Sprintf("Entrance %d", floor), BuildingID: house.ID}, at)
	case i%2 == 0:
		o.device(b, n, domain.Device{Type: domain.SingleDoorPhone, Name: "Door " + home.Number, BuildingID: house.ID, ApartmentID: home.ID}, at)
	}
	if i%10 == 5 {
		o.device(b, n, domain.Device{Type: domain.Monitor, Name: "Monitor " + home.Number + " hall", BuildingID: house.ID, ApartmentID: home.ID}, at)
	}
}

// device adds a device with its account, and the lock of a panel.
func (o *plot) device(b *contents, n *numbers, d domain.Device, at time.Time) {
	d.ID, d.SiteID, d.GroupID, d.Driver, d.DTMF = domain.NewID[domain.DeviceID](at), o.id, o.group.ID, domain.DriverAkuvox, domain.DTMFInfo
	d.MAC, d.SIPUser, d.SIPPassword, d.Revision = n.mac(), n.sip(6), secret.Random(20), 1
	d.APIUser, d.APIPassword = "admin", secret.Random(20)
	if d.Type != domain.Monitor {
		d.Relays = []domain.Relay{{Number: 1, Name: "Door", Enabled: true, DTMF: "#", Mode: domain.Momentary, HoldMilli: 3000}}
	}
	b.Devices = append(b.Devices, d)
}

// worker makes a person of a workplace.
func (o *plot) worker(b *contents, n *numbers, at time.Time) error {
	p := domain.Person{
		ID: domain.NewID[domain.PersonID](at), SiteID: o.id, FirstName: pick(firstNames), LastName: pick(lastNames), SIPUser: n.sip(6),
		Email: fmt.Sprintf("w%d@example.com", n.next()), Revision: 1,
	}
	var err error
	if o.kind == domain.Office {
		p.Kind = domain.BasicUser
		p.DepartmentID, err = domain.ParseID[domain.DepartmentID](o.party)
		p.StaffID = fmt.Sprintf("S%04d", len(b.People)+1)
	} else {
		p.Kind = domain.Personnel
		p.CompanyID, err = domain.ParseID[domain.CompanyID](o.party)
	}
	b.People = append(b.People, p)
	return err
}
