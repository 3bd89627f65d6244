package access_test

import (
	"testing"

	"vestibule/agent/access"
	"vestibule/shared/domain"
)

// A key of a telephone opens for the home that was called, when the document has the person, a number and the line; nothing else does.
//
// shows CALL-09 by agent/access/access.go: "person.ApartmentID != ask.ApartmentID {" => "	if !ok || view.Trunk == nil || !view.Trunk.Enabled || len(person.Form.Landlines) == 0 {"
// shows CALL-09 PEOPLE-05 by agent/access/access.go: "return ok && view.Site.Form.HasLandline() && !home.NoLandline && door.Calls(home)" => "	return ok && home.ID == ask.ApartmentID"
func TestDecide_ATelephoneOfTheHome(t *testing.T) {
	for name, c := range map[string]struct {
		change func(h *house, p *domain.Person, ask *access.Ask)
		want   domain.Reason
	}{
		"of the home":    {func(*house, *domain.Person, *access.Ask) {}, domain.ReasonNone},
		"of a neighbour": {func(h *house, p *domain.Person, _ *access.Ask) { p.ApartmentID = h.neighbour.ID }, domain.ReasonNotAllowed},
		"another home":   {func(h *house, _ *domain.Person, ask *access.Ask) { ask.ApartmentID = h.neighbour.ID }, domain.ReasonNotAllowed},
		"another building": {func(h *house, p *domain.Person, ask *access.Ask) {
			p.ApartmentID, ask.ApartmentID = h.neighbour.ID, h.neighbour.ID
		}, domain.ReasonNotAllowed},
		"without a number":     {func(_ *house, p *domain.Person, _ *access.Ask) { p.Form.Landlines = nil }, domain.ReasonNotAllowed},
		"nobody's":             {func(_ *house, _ *domain.Person, ask *access.Ask) { ask.ByPerson = domain.PersonID{9} }, domain.ReasonNotAllowed},
		"and a monitor":        {func(h *house, _ *domain.Person, ask *access.Ask) { ask.ByDevice = h.monitor.ID }, domain.ReasonNotAllowed},
		"no line":              {func(h *house, _ *domain.Person, _ *access.Ask) { h.view.Trunk = nil }, domain.ReasonNotAllowed},
		"line switched off":    {func(h *house, _ *domain.Person, _ *access.Ask) { h.view.Trunk.Enabled = false }, domain.ReasonNotAllowed},
		"service switched off": {func(h *house, _ *domain.Person, _ *access.Ask) { h.view.Site.Form.Landline = false }, domain.ReasonNotAllowed},
		"service of the home ended": {func(h *house, _ *domain.Person, _ *access.Ask) {
			h.home.NoLandline = true
			h.view.Apartments[h.home.ID] = h.home
		}, domain.ReasonNotAllowed},
		"somebody who works": {func(_ *house, p *domain.Person, ask *access.Ask) { works(p, ask) }, domain.ReasonNone},
		"works elsewhere": {func(h *house, p *domain.Person, ask *access.Ask) {
			works(p, ask)
			ofDepartment(h, domain.DepartmentID{8})
		}, domain.ReasonNotAllowed},
		"no home and no work at all": {func(_ *house, p *domain.Person, ask *access.Ask) {
			p.ApartmentID, ask.ApartmentID = domain.ApartmentID{}, domain.ApartmentID{}
		}, domain.ReasonNotAllowed},
	} {
		h := build()
		p := domain.Person{ID: id[domain.PersonID](), Kind: domain.Master, ApartmentID: h.home.ID, Form: domain.PersonForm{Landlines: []string{"030 1234567"}}}
		h.view.Site.Form.Landline, h.view.Trunk = true, &domain.Trunk{Enabled: true}
		ask := access.Ask{DeviceID: h.gate.ID, Relay: 1, Means: domain.MeansDTMF, ByPerson: p.ID, ApartmentID: h.home.ID}
		c.change(&h, &p, &ask)
		h.view.People = map[domain.PersonID]domain.Person{p.ID: p}
		if _, got := access.Decide(h.view, h.agent, ask); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func works(p *domain.Person, ask *access.Ask) {
	p.Kind, p.ApartmentID, p.DepartmentID, ask.ApartmentID = domain.BasicUser, domain.ApartmentID{}, domain.DepartmentID{7}, domain.ApartmentID{}
}

func ofDepartment(h *house, d domain.DepartmentID) {
	gate := h.gate
	gate.DepartmentID = d
	h.view.Devices[gate.ID] = gate
}
