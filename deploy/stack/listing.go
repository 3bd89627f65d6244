package stack

import "context"

// Listing is the machine-readable line of a stack: what runs where and how to sign in.
type Listing struct {
	Vestibule   int                `json:"vestibule"` // version of the line
	PortalURL   string             `json:"portal_url"`
	APIURL      string             `json:"api_url"`
	OpenAPIURL  string             `json:"openapi_url"`
	Logins      []Login            `json:"logins"`
	SiteID      string             `json:"site_id"`
	Agent       ListedAgent        `json:"agent"`
	DoorPhones  []ListedDoorPhone  `json:"door_phones"`
	Monitors    []ListedMonitor    `json:"monitors"`
	Apartments  []ListedApartment  `json:"apartments"`
	RelayBoards []ListedRelayBoard `json:"relay_boards"`
}

// Login is an account of the portal.
type Login struct {
	Role     string `json:"role"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

// ListedAgent is where the agent listens.
type ListedAgent struct {
	SIP    string `json:"sip"` // host:port
	LANURL string `json:"lan_url"`
}

// ListedDoorPhone is a door phone with what it registers with.
type ListedDoorPhone struct {
	DeviceID string `json:"device_id"`
	Name     string `json:"name"`
	SIPLogin
}

// ListedMonitor is a monitor with what it registers with.
type ListedMonitor struct {
	DeviceID  string `json:"device_id"`
	Name      string `json:"name"`
	Apartment string `json:"apartment"` // number
	SIPLogin
}

// ListedApartment is an apartment with its devices.
type ListedApartment struct {
	Number    string   `json:"number"`
	DeviceIDs []string `json:"device_ids"`
}

// ListedRelayBoard is a relay board.
type ListedRelayBoard struct {
	Name   string `json:"name"`
	Modbus string `json:"modbus"` // host:port
}

// Listing reads the line's contents from the API.
func (s *Stack) Listing(ctx context.Context) (Listing, error) {
	l := Listing{
		Vestibule: 1, PortalURL: s.Portal, APIURL: s.Portal + "/api/v1", OpenAPIURL: s.Portal + "/api/v1/openapi.json",
		Logins: []Login{{Role: "operator", Email: s.kept.Email, Password: s.kept.Password}}, SiteID: s.Sample.SiteID,
		Agent:       ListedAgent{SIP: s.agent.SIP().String(), LANURL: s.agent.LANURL()},
		RelayBoards: []ListedRelayBoard{{Name: Board, Modbus: s.Relays().Addr().String()}},
	}
	devices := map[string][]string{}
	for _, r := range roles {
		login, err := s.Sample.SIP(ctx, s.Client, r.name)
		if err != nil {
			return l, err
		}
		id := s.Sample.Devices[r.name]
		if r.apartment == "" {
			l.DoorPhones = append(l.DoorPhones, ListedDoorPhone{DeviceID: id, Name: r.name, SIPLogin: login})
			continue
		}
		l.Monitors = append(l.Monitors, ListedMonitor{DeviceID: id, Name: r.name, Apartment: r.apartment, SIPLogin: login})
		devices[r.apartment] = append(devices[r.apartment], id)
	}
	for _, number := range apartments {
		l.Apartments = append(l.Apartments, ListedApartment{Number: number, DeviceIDs: devices[number]})
	}
	return l, nil
}

// PIN opens the agent's own page.
func (s *Stack) PIN() string { return s.kept.PIN }
