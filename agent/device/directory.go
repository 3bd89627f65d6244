package device

import (
	"cmp"
	"slices"
	"strings"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// Contact is a line of a door phone's directory beside those of the homes: a monitor or an app of a home, or somebody who works behind the door.
// Phone is the own number, which the agent rings like any other.
type Contact struct {
	Name  string
	Phone string

	Unlisted bool // the directory that was chosen for the phone leaves it out (DEV-24)
}

// EntryName is what a visitor reads of a home: its number alone at a door of several homes that shows only numbers (DEV-23).
func EntryName(dev domain.Device, h Home) string {
	if h.Name == "" || dev.Type == domain.DoorPhone && dev.Form.ContactDisplay != domain.DisplayAll {
		return h.Number
	}
	return h.Number + " " + h.Name
}

// contactsOf gives the lines beside the homes (EDGE-28): none where only apartment numbers are shown (DEV-23), else the monitors and apps of each
// home; those who work have no number of a home, and are always shown by name.
func contactsOf(view *desired.View, dev domain.Device) []Contact {
	var out []Contact
	if dev.Form.ContactDisplay == domain.DisplayAll {
		for _, d := range view.Devices {
			home, lives := view.Apartments[d.ApartmentID]
			if lives && d.Type == domain.Monitor && d.SIPUser != "" && dev.Calls(home) {
				out = append(out, Contact{Name: d.Name, Phone: d.SIPUser, Unlisted: !listsMonitor(dev.Form.Directory, d)})
			}
		}
	}
	for _, p := range view.People {
		if p.SIPUser == "" || p.Form.Unpaid || p.Form.NoApp {
			continue
		}
		home, lives := view.Apartments[p.ApartmentID]
		switch {
		case lives && dev.Form.ContactDisplay == domain.DisplayAll && dev.Calls(home):
			out = append(out, Contact{Name: called(p, view.Site.Form.ContactOrder), Phone: p.SIPUser, Unlisted: !lists(view, dev.Form.Directory, home.ID)})
		case p.Works() && worksBehind(dev, p):
			out = append(out, Contact{Name: called(p, view.Site.Form.ContactOrder), Phone: p.SIPUser})
		}
	}
	slices.SortFunc(out, func(a, b Contact) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Phone, b.Phone))
	})
	return out
}

// worksBehind tells whether somebody who works can be called from the door: one of a department, company or person stands for it alone.
func worksBehind(dev domain.Device, p domain.Person) bool {
	return (dev.DepartmentID.IsZero() || dev.DepartmentID == p.DepartmentID) && (dev.CompanyID.IsZero() || dev.CompanyID == p.CompanyID) &&
		(dev.OwnerID.IsZero() || dev.OwnerID == p.ID)
}

// called is the name of a person in the order that the site chose (SITE-06).
func called(p domain.Person, order domain.ContactOrder) string {
	if order == domain.LastFirst && p.LastName != "" {
		return strings.TrimSpace(p.LastName + " " + p.FirstName)
	}
	return strings.TrimSpace(p.FirstName + " " + p.LastName)
}

// lists tells whether a directory shows a home: it was chosen, or a monitor in it.
func lists(view *desired.View, directory *domain.Directory, home domain.ApartmentID) bool {
	if directory == nil || slices.Contains(directory.Apartments, home) {
		return true
	}
	return slices.ContainsFunc(directory.Devices, func(id domain.DeviceID) bool {
		return view.Devices[id].ApartmentID == home
	})
}

// listsMonitor tells whether a directory shows a monitor: it was chosen, or its home was.
func listsMonitor(directory *domain.Directory, d domain.Device) bool {
	return directory == nil || slices.Contains(directory.Devices, d.ID) || slices.Contains(directory.Apartments, d.ApartmentID)
}
