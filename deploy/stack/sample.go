package stack

import (
	"context"
	"fmt"
)

// Named is what the API answers for a new noun.
type Named struct {
	ID string `json:"id"`
}

// Sample is the sample building as the API knows it.
type Sample struct {
	SiteID, BuildingID, GroupID string
	Apartments                  map[string]string // number → id
	Devices                     map[string]string // name → id
	Boards                      map[string]string // name → id
}

// DeviceForm is a device as the API takes it.
type DeviceForm struct {
	Type        int         `json:"type"`
	MAC         string      `json:"mac"`
	Name        string      `json:"name"`
	GroupID     string      `json:"group_id"`
	BuildingID  string      `json:"building_id,omitempty"`
	ApartmentID string      `json:"apartment_id,omitempty"`
	Driver      string      `json:"driver"`
	Address     string      `json:"address,omitempty"`
	DTMFMethod  string      `json:"dtmf_method"`
	Relays      []RelayForm `json:"relays,omitempty"`
	APIUser     string      `json:"api_user,omitempty"`
	APIPassword string      `json:"api_password,omitempty"`
}

// RelayForm is a relay as the API takes it.
type RelayForm struct {
	Number  int    `json:"number"`
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	DTMF    string `json:"dtmf"`
	Mode    string `json:"mode"`
	HoldMS  int    `json:"hold_ms"`
	BoardID string `json:"board_id,omitempty"`
	Channel int    `json:"channel,omitempty"`
}

// NewSite makes a site with one building and the given apartments.
func NewSite(ctx context.Context, c *Client, name string, numbers ...string) (*Sample, error) {
	s := &Sample{Apartments: map[string]string{}, Devices: map[string]string{}, Boards: map[string]string{}}
	var made Named
	if err := c.Do(ctx, "POST", "/sites", map[string]any{"name": name, "time_zone": "Europe/Berlin"}, &made); err != nil {
		return nil, err
	}
	s.SiteID = made.ID
	var groups struct {
		Items []Named `json:"items"`
	}
	if err := c.Do(ctx, "GET", s.Path("/groups"), nil, &groups); err != nil {
		return nil, err
	}
	if len(groups.Items) != 1 {
		return nil, fmt.Errorf("a new site has %d network groups", len(groups.Items))
	}
	s.GroupID = groups.Items[0].ID
	if err := c.Do(ctx, "POST", s.Path("/buildings"), map[string]any{"name": "House A"}, &made); err != nil {
		return nil, err
	}
	s.BuildingID = made.ID
	for _, number := range numbers {
		if err := s.AddApartment(ctx, c, number); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Path is below the site.
func (s *Sample) Path(rest string) string { return "/sites/" + s.SiteID + rest }

// AddApartment makes an apartment whose floor is the number without its last two digits.
func (s *Sample) AddApartment(ctx context.Context, c *Client, number string) error {
	var made Named
	form := map[string]any{"building_id": s.BuildingID, "number": number, "contact": "group", "call_path": "ip"}
	if len(number) > 2 {
		form["floor"] = number[:len(number)-2]
	}
	if err := c.Do(ctx, "POST", s.Path("/apartments"), form, &made); err != nil {
		return err
	}
	s.Apartments[number] = made.ID
	return nil
}

// AddDevice makes a device in the site's first network group and in its building.
func (s *Sample) AddDevice(ctx context.Context, c *Client, form DeviceForm) (string, error) {
	var made Named
	form.GroupID, form.BuildingID = s.GroupID, s.BuildingID
	if err := c.Do(ctx, "POST", s.Path("/devices"), form, &made); err != nil {
		return "", err
	}
	s.Devices[form.Name] = made.ID
	return made.ID, nil
}

// AddBoard makes a Modbus TCP board of eight coils at address.
func (s *Sample) AddBoard(ctx context.Context, c *Client, name, address string) (string, error) {
	var made Named
	err := c.Do(ctx, "POST", s.Path("/boards"), map[string]any{
		"group_id": s.GroupID, "name": name, "profile": "modbus-coils", "address": address, "unit": 1, "channels": 8,
	}, &made)
	s.Boards[name] = made.ID
	return made.ID, err
}

// SIPLogin is what a device signs in to the agent with.
type SIPLogin struct {
	User     string `json:"sip_user"`
	Password string `json:"sip_password"`
}

// SIP reads a device's credentials.
func (s *Sample) SIP(ctx context.Context, c *Client, device string) (SIPLogin, error) {
	var login SIPLogin
	err := c.Do(ctx, "POST", s.Path("/devices/"+s.Devices[device]+"/sip-credentials"), nil, &login)
	return login, err
}

// Claim makes a claim and gives its link.
func (s *Sample) Claim(ctx context.Context, c *Client) (string, error) {
	var claim struct {
		Link string `json:"link"`
	}
	err := c.Do(ctx, "POST", s.Path("/claims"), nil, &claim)
	return claim.Link, err
}
