package desired

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Trust is what the agent believes in: who may sign commands and which roots the cloud's certificates come from. One entity, zero key.
type Trust struct {
	CommandKeys [][]byte `cbor:"1,keyasint"` // Ed25519 public keys, 32 bytes each; two during a change
	Roots       [][]byte `cbor:"2,keyasint"` // DER certificates; the next one travels here before it is used
}

// View is a document read into its nouns. It is built once per version and then only read, by any goroutine.
type View struct {
	Version     uint64
	Hash        Hash
	Site        domain.Site
	Trust       Trust
	Groups      map[domain.GroupID]domain.NetworkGroup
	Buildings   map[domain.BuildingID]domain.Building
	Apartments  map[domain.ApartmentID]domain.Apartment
	People      map[domain.PersonID]domain.Person
	Devices     map[domain.DeviceID]domain.Device
	Boards      map[domain.BoardID]domain.Board
	Credentials map[domain.DeviceID]domain.Credential
	Departments map[domain.DepartmentID]domain.Department
	Companies   map[domain.CompanyID]domain.Company
	Cameras     map[domain.CameraID]domain.Camera
	// Registrations are the codes of homes that wait for their resident; see RegistrationOf.
	Registrations map[domain.ApartmentID]domain.Registration
	AutoP         map[domain.DeviceID]domain.AutoP
	Keyrings      map[domain.PersonID]domain.Keyring
	AccessGroups  map[domain.AccessGroupID]domain.AccessGroup
	Trunk         *domain.Trunk // nil: the site has none

	bySIPUser map[string]domain.DeviceID
	byMAC     map[domain.MAC]domain.DeviceID
	byHome    map[domain.ApartmentID][]domain.DeviceID // in the order of their names
	byNumber  map[string][]domain.ApartmentID          // by what is dialled: number and family number
	residents map[domain.ApartmentID][]domain.PersonID
}

// Read builds the view of a document at version; an entity that cannot be read or fails Validate is an error.
func Read(d *Document, version uint64) (*View, error) {
	v := &View{Version: version, Hash: d.Hash()}
	var err error
	if body := firstBody(d, SectionSite); body != nil {
		if v.Site, err = Decode[domain.Site](body); err != nil {
			return nil, fmt.Errorf("site: %w", err)
		}
	}
	if body := firstBody(d, SectionTrust); body != nil {
		if v.Trust, err = Decode[Trust](body); err != nil {
			return nil, fmt.Errorf("trust: %w", err)
		}
	}
	if v.Groups, err = readAll[domain.NetworkGroup, domain.GroupID](d, SectionGroups); err != nil {
		return nil, err
	}
	if v.Buildings, err = readAll[domain.Building, domain.BuildingID](d, SectionBuildings); err != nil {
		return nil, err
	}
	if v.Apartments, err = readAll[domain.Apartment, domain.ApartmentID](d, SectionApartments); err != nil {
		return nil, err
	}
	if v.People, err = readAll[domain.Person, domain.PersonID](d, SectionPeople); err != nil {
		return nil, err
	}
	if v.Devices, err = readAll[domain.Device, domain.DeviceID](d, SectionDevices); err != nil {
		return nil, err
	}
	if v.Boards, err = readAll[domain.Board, domain.BoardID](d, SectionBoards); err != nil {
		return nil, err
	}
	if v.Credentials, err = readAll[domain.Credential, domain.DeviceID](d, SectionCredentials); err != nil {
		return nil, err
	}
	if v.Departments, err = readAll[domain.Department, domain.DepartmentID](d, SectionDepartments); err != nil {
		return nil, err
	}
	if v.Companies, err = readAll[domain.Company, domain.CompanyID](d, SectionCompanies); err != nil {
		return nil, err
	}
	if v.Registrations, err = readAll[domain.Registration, domain.ApartmentID](d, SectionRegistrations); err != nil {
		return nil, err
	}
	if v.Cameras, err = readAll[domain.Camera, domain.CameraID](d, SectionCameras); err != nil {
		return nil, err
	}
	if v.AutoP, err = readAll[domain.AutoP, domain.DeviceID](d, SectionAutoP); err != nil {
		return nil, err
	}
	if v.Keyrings, err = readAll[domain.Keyring, domain.PersonID](d, SectionKeyrings); err != nil {
		return nil, err
	}
	if v.AccessGroups, err = readAll[domain.AccessGroup, domain.AccessGroupID](d, SectionAccessGroups); err != nil {
		return nil, err
	}
	if v.Trunk, err = readTrunk(d); err != nil {
		return nil, err
	}
	v.Index()
	return v, nil
}

// Index makes devices findable by MAC, SIP user and home, and homes by what is dialled. Read has done it; a view that was put together by hand needs it after its last change.
func (v *View) Index() {
	v.bySIPUser, v.byMAC = make(map[string]domain.DeviceID, len(v.Devices)), make(map[domain.MAC]domain.DeviceID, len(v.Devices))
	v.byHome = make(map[domain.ApartmentID][]domain.DeviceID, len(v.Apartments))
	v.byNumber, v.residents = make(map[string][]domain.ApartmentID, 2*len(v.Apartments)), make(map[domain.ApartmentID][]domain.PersonID, len(v.Apartments))
	for id, home := range v.Apartments {
		v.byNumber[home.Number] = append(v.byNumber[home.Number], id)
		if home.SIPUser != "" && home.SIPUser != home.Number {
			v.byNumber[home.SIPUser] = append(v.byNumber[home.SIPUser], id)
		}
	}
	for id, person := range v.People {
		if !person.ApartmentID.IsZero() {
			v.residents[person.ApartmentID] = append(v.residents[person.ApartmentID], id)
		}
	}
	named := make([]domain.Device, 0, len(v.Devices))
	for id, dev := range v.Devices {
		v.byMAC[dev.MAC] = id
		v.bySIPUser[dev.SIPUser] = id
		named = append(named, domain.Device{ID: id, Name: dev.Name, ApartmentID: dev.ApartmentID})
	}
	slices.SortFunc(named, func(a, b domain.Device) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), bytes.Compare(a.ID[:], b.ID[:]))
	})
	for _, dev := range named {
		v.byHome[dev.ApartmentID] = append(v.byHome[dev.ApartmentID], dev.ID)
	}
}

func readTrunk(d *Document) (*domain.Trunk, error) {
	body := firstBody(d, SectionTrunk)
	if body == nil {
		return nil, nil //nolint:nilnil // a site without a trunk is no error
	}
	trunk, err := Decode[domain.Trunk](body)
	if err == nil {
		err = trunk.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("trunk: %w", err)
	}
	return &trunk, nil
}

func firstBody(d *Document, sec Section) []byte {
	for _, key := range d.Keys(sec) {
		return d.Body(sec, key)
	}
	return nil
}

type validator interface{ Validate() error }

func readAll[T any, K ~[16]byte](d *Document, sec Section) (map[K]T, error) {
	out := make(map[K]T, d.Len(sec))
	for _, key := range d.Keys(sec) {
		noun, err := Decode[T](d.Body(sec, key))
		if err != nil {
			return nil, fmt.Errorf("section %d: %w", sec, err)
		}
		if check, ok := any(noun).(validator); ok {
			if err := check.Validate(); err != nil {
				return nil, fmt.Errorf("section %d: %w", sec, err)
			}
		}
		out[K(key)] = noun
	}
	return out, nil
}

// DeviceBySIPUser finds a device by its SIP user.
func (v *View) DeviceBySIPUser(user string) (domain.Device, bool) {
	d, ok := v.Devices[v.bySIPUser[user]]
	return d, ok && user != ""
}

// DeviceByMAC finds a device by its MAC.
func (v *View) DeviceByMAC(mac domain.MAC) (domain.Device, bool) {
	d, ok := v.Devices[v.byMAC[mac]]
	return d, ok && mac != ""
}

// RegistrationOf gives the address that a monitor of an apartment shows as QR; ok is false while nobody waits for it or the site has scanning off
// (SITE-21).
func (v *View) RegistrationOf(apartment domain.ApartmentID) (url secret.String, ok bool) {
	r, waits := v.Registrations[apartment]
	if !waits || v.Site.Form.NoRegistration {
		return secret.String{}, false
	}
	return r.URL, true
}

// Serves tells whether agent acts for the device: its group's first agent (EDGE-07/R18).
func (v *View) Serves(agent domain.AgentID, d domain.Device) bool {
	return v.Groups[d.GroupID].ActedBy(agent)
}

// DevicesOf lists the devices of an apartment in the order of their names.
func (v *View) DevicesOf(apartment domain.ApartmentID) []domain.Device {
	ids := v.byHome[apartment]
	out := make([]domain.Device, 0, len(ids))
	for _, id := range ids {
		out = append(out, v.Devices[id])
	}
	return out
}

// HomesAt lists the apartments that a dialled number may mean, by their number or family number.
func (v *View) HomesAt(dialled string) []domain.ApartmentID { return v.byNumber[dialled] }

// Residents lists who lives in an apartment.
func (v *View) Residents(apartment domain.ApartmentID) []domain.PersonID {
	return v.residents[apartment]
}

// Dial finds the apartment a caller means: in the caller's building when it stands in one, else the only one of the site with that number.
func (v *View) Dial(caller domain.Device, number string) (domain.Apartment, bool) {
	var found domain.Apartment
	matches := 0
	for _, a := range v.Apartments {
		if a.Number != number || !caller.BuildingID.IsZero() && a.BuildingID != caller.BuildingID {
			continue
		}
		found = a
		matches++
	}
	return found, matches == 1
}
