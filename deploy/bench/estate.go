package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// estate is a site of 300 apartments: a monitor in each, a panel to each, 30 of them with a lock, and three people.
type estate struct {
	clock       time.Time
	site        domain.Site
	group       domain.NetworkGroup
	buildings   []domain.Building
	apartments  []domain.Apartment
	devices     []domain.Device
	credentials []domain.Credential
	people      []domain.Person
}

var (
	firstNames = []string{"Amelia", "Björn", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katarzyna", "Leon", "Mina", "Noah", "Olga", "Pavel"}
	lastNames  = []string{"Andersson", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hoffmann", "Ivanova", "Jansen", "Kowalski", "Lehmann", "Müller", "Novak", "Okafor", "Peters"}
)

// entered gives the time when a noun was entered: a few minutes after the one before. Ids hold their time, so that nouns of one
// millisecond would compress better than a real site's.
func (e *estate) entered() time.Time {
	e.clock = e.clock.Add(rand.N(5 * time.Minute))
	return e.clock
}

func newEstate() *estate {
	now := time.Now()
	e := &estate{
		clock: now,
		site:  domain.Site{ID: domain.NewID[domain.SiteID](now), Name: "Harbour Lane", TimeZone: "Europe/Berlin"},
		group: domain.NetworkGroup{ID: domain.NewID[domain.GroupID](now), Name: "Network 1", Agents: []domain.AgentID{domain.NewID[domain.AgentID](now)}},
	}
	for i := range 3 {
		e.buildings = append(e.buildings, domain.Building{ID: domain.NewID[domain.BuildingID](e.entered()), Name: fmt.Sprintf("House %c", 'A'+i)})
	}
	for i := range 300 {
		house, floor := e.buildings[i/100], i%100/10+1
		home := domain.Apartment{
			ID: domain.NewID[domain.ApartmentID](e.entered()), BuildingID: house.ID, Number: fmt.Sprintf("%d%02d", floor, i%10+1),
			Floor: fmt.Sprint(floor), Contact: domain.GroupCall, Path: domain.CallByIP,
		}
		e.apartments = append(e.apartments, home)
		e.add(domain.Device{Type: domain.Monitor, Name: "Monitor " + home.Number, BuildingID: house.ID, ApartmentID: home.ID, DTMF: domain.DTMFInfo})
		panel := domain.Device{Type: domain.SingleDoorPhone, Name: "Door " + home.Number, BuildingID: house.ID, ApartmentID: home.ID, DTMF: domain.DTMFInfo}
		if i%10 == 0 {
			panel.Type, panel.ApartmentID = domain.DoorPhone, domain.ApartmentID{}
			panel.Relays = []domain.Relay{{Number: 1, Name: "Main door", Enabled: true, DTMF: "#", Mode: domain.Momentary, HoldMilli: 3000}}
		}
		e.add(panel)
		for range 3 {
			e.people = append(e.people, domain.Person{
				ID: domain.NewID[domain.PersonID](e.entered()), ApartmentID: home.ID,
				FirstName: firstNames[rand.N(len(firstNames))], LastName: lastNames[rand.N(len(lastNames))],
			})
		}
	}
	return e
}

// add gives a device its ids, address and secrets.
func (e *estate) add(d domain.Device) {
	d.ID, d.GroupID, d.Driver = domain.NewID[domain.DeviceID](e.entered()), e.group.ID, domain.DriverAkuvox
	d.MAC = domain.MAC(fmt.Sprintf("0C1105%06X", rand.N(1<<24)))
	d.SIPUser = fmt.Sprintf("%010d", rand.N(10_000_000_000))
	e.devices = append(e.devices, d)
	e.credentials = append(e.credentials, domain.Credential{
		DeviceID: d.ID, SIPPassword: secret.Random(20), APIUser: "admin", APIPassword: secret.Random(20),
	})
}

// document puts the estate into the form that agents hold.
func (e *estate) document() (*desired.Document, error) {
	d := desired.New()
	var failed error
	put := func(section desired.Section, key desired.Key, noun any) {
		body, err := desired.Encode(noun)
		if err != nil {
			failed = err
		}
		d.Put(section, key, body)
	}
	put(desired.SectionSite, desired.Key(e.site.ID), e.site)
	put(desired.SectionGroups, desired.Key(e.group.ID), e.group)
	for _, b := range e.buildings {
		put(desired.SectionBuildings, desired.Key(b.ID), b)
	}
	for _, a := range e.apartments {
		put(desired.SectionApartments, desired.Key(a.ID), a)
	}
	for _, one := range e.devices {
		put(desired.SectionDevices, desired.Key(one.ID), one)
	}
	for _, c := range e.credentials {
		put(desired.SectionCredentials, desired.Key(c.DeviceID), c)
	}
	for _, p := range e.people {
		put(desired.SectionPeople, desired.Key(p.ID), p)
	}
	return d, failed
}

// The same nouns in JSON, under the names of the API, without what the building has no use for.
type (
	jsonPerson struct {
		ID          string `json:"id"`
		ApartmentID string `json:"apartment_id"`
		FirstName   string `json:"first_name"`
		LastName    string `json:"last_name"`
	}
	jsonApartment struct {
		ID         string `json:"id"`
		BuildingID string `json:"building_id"`
		Number     string `json:"number"`
		Name       string `json:"name,omitempty"`
		Floor      string `json:"floor,omitempty"`
		Contact    string `json:"contact"`
		Path       string `json:"call_path"`
	}
	jsonRelay struct {
		Number  int    `json:"number"`
		Name    string `json:"name"`
		Enabled bool   `json:"enabled"`
		DTMF    string `json:"dtmf"`
		Mode    string `json:"mode"`
		Rest    bool   `json:"rest"`
		HoldMS  int    `json:"hold_ms"`
	}
	jsonDevice struct {
		ID          string      `json:"id"`
		Type        int         `json:"type"`
		MAC         string      `json:"mac"`
		Name        string      `json:"name"`
		GroupID     string      `json:"group_id"`
		BuildingID  string      `json:"building_id"`
		ApartmentID string      `json:"apartment_id,omitempty"`
		Driver      string      `json:"driver"`
		DTMF        string      `json:"dtmf_method"`
		Relays      []jsonRelay `json:"relays,omitempty"`
		SIPUser     string      `json:"sip_user"`
	}
	jsonCredential struct {
		DeviceID    string `json:"device_id"`
		SIPPassword string `json:"sip_password"`
		APIUser     string `json:"api_user"`
		APIPassword string `json:"api_password"`
	}
)

func personJSON(p domain.Person) jsonPerson {
	return jsonPerson{p.ID.String(), p.ApartmentID.String(), p.FirstName, p.LastName}
}

// MarshalJSON writes the whole estate.
func (e *estate) MarshalJSON() ([]byte, error) {
	out := map[string]any{
		"site":      map[string]any{"id": e.site.ID.String(), "name": e.site.Name, "time_zone": e.site.TimeZone},
		"groups":    []any{map[string]any{"id": e.group.ID.String(), "name": e.group.Name, "agents": []string{e.group.Agents[0].String()}}},
		"buildings": nil,
	}
	var buildings []any
	for _, b := range e.buildings {
		buildings = append(buildings, map[string]any{"id": b.ID.String(), "name": b.Name})
	}
	var apartments []jsonApartment
	for _, a := range e.apartments {
		apartments = append(apartments, jsonApartment{a.ID.String(), a.BuildingID.String(), a.Number, a.Name, a.Floor, string(a.Contact), string(a.Path)})
	}
	var devices []jsonDevice
	for _, d := range e.devices {
		devices = append(devices, deviceJSON(d))
	}
	var credentials []jsonCredential
	for _, c := range e.credentials {
		credentials = append(credentials, jsonCredential{c.DeviceID.String(), c.SIPPassword.Reveal(), c.APIUser, c.APIPassword.Reveal()})
	}
	var people []jsonPerson
	for _, p := range e.people {
		people = append(people, personJSON(p))
	}
	out["buildings"], out["apartments"], out["devices"], out["credentials"], out["people"] = buildings, apartments, devices, credentials, people
	return json.Marshal(out)
}

func deviceJSON(d domain.Device) jsonDevice {
	out := jsonDevice{
		ID: d.ID.String(), Type: int(d.Type), MAC: string(d.MAC), Name: d.Name, GroupID: d.GroupID.String(), BuildingID: d.BuildingID.String(),
		Driver: string(d.Driver), DTMF: string(d.DTMF), SIPUser: d.SIPUser,
	}
	if !d.ApartmentID.IsZero() {
		out.ApartmentID = d.ApartmentID.String()
	}
	for _, r := range d.Relays {
		out.Relays = append(out.Relays, jsonRelay{r.Number, r.Name, r.Enabled, r.DTMF, string(r.Mode), r.Rest, r.HoldMilli})
	}
	return out
}
