package fleet

import (
	"context"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// wantsMonitor tells whether every apartment of the site contains a monitor: with the Basic plan (SITE-10), unless its homes are smart (SITE-20).
func (s *Service) wantsMonitor(ctx context.Context, site domain.SiteID) (bool, error) {
	of, err := s.cfg.Store.Site(ctx, site)
	return of.Kind == domain.Community && of.Form.Plan == domain.BasicPlan && !of.Form.SmartHome, err
}

// checkPlan: with the Basic plan an apartment comes with its first monitor, with any other without (DEV-32). What is wrong with the apartment's own
// form is told in the same answer.
func (s *Service) checkPlan(ctx context.Context, e *edit, apartment domain.Apartment, monitor *domain.Device) error {
	wanted, err := s.wantsMonitor(ctx, e.site)
	if err != nil {
		return err
	}
	var f faults
	switch {
	case wanted && monitor == nil:
		f.invalid.Add("monitor.mac", "With the Basic plan every apartment needs an indoor monitor.")
	case wanted:
		f.invalid.Check(monitor.MAC != "", "monitor.mac", "A MAC has 12 hexadecimal digits, such as 0C11050B9814.")
		domain.CheckName(&f.invalid, "monitor.name", monitor.Name, domain.MaxDeviceName)
	case monitor != nil:
		f.invalid.Add("monitor", "Only with the Basic plan a monitor comes with the apartment. Add devices on their own.")
	}
	if f.Err() == nil {
		return nil
	}
	fillApartment(&apartment)
	f.form(apartment.Validate())
	return f.Err()
}

// addMonitor adds the first monitor of an apartment in the edit that makes the apartment.
func (s *Service) addMonitor(ctx context.Context, e *edit, apartment domain.Apartment, device domain.Device) error {
	device.SiteID, device.Type, device.BuildingID, device.ApartmentID = e.site, domain.Monitor, apartment.BuildingID, apartment.ID
	return repath(s.addDevice(ctx, e, &device), map[string]string{
		"mac": "monitor.mac", "name": "monitor.name", "group_id": "monitor.group_id", "form.": "monitor.",
	})
}

// below puts the fields of an error under at.
func below(at string, err error) error {
	fields := fault.FieldsOf(err)
	if len(fields) == 0 {
		return err
	}
	out := &fault.Error{Code: fault.CodeOf(err), Msg: fault.Message(err), Err: err}
	for _, field := range fields {
		out.Fields = append(out.Fields, fault.Field{Path: at + field.Path, Msg: field.Msg})
	}
	return out
}
