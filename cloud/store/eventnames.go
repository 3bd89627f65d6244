package store

import (
	"context"
	"fmt"

	"vestibule/cloud/eventlog"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// NamesOf gives the names that the site's document has for ids now.
func (s *Store) NamesOf(ctx context.Context, site domain.SiteID, devices []domain.DeviceID, apartments []domain.ApartmentID) (eventlog.Names, error) {
	n := eventlog.Names{Devices: map[domain.DeviceID]string{}, Apartments: map[domain.ApartmentID]string{}, Relays: map[eventlog.RelayKey]string{}}
	found, err := named[domain.Device](ctx, s, site, desired.SectionDevices, devices)
	if err != nil {
		return n, err
	}
	for _, d := range found {
		n.Devices[d.ID] = d.Name
		for _, r := range d.Doors() {
			n.Relays[eventlog.RelayKey{Device: d.ID, Number: r.Number}] = r.Name
		}
	}
	homes, err := named[domain.Apartment](ctx, s, site, desired.SectionApartments, apartments)
	if err != nil {
		return n, err
	}
	for _, a := range homes {
		n.Apartments[a.ID] = a.Number
	}
	return n, nil
}

// named reads the nouns of a section by their keys.
func named[T any, K ~[16]byte](ctx context.Context, s *Store, site domain.SiteID, section desired.Section, ids []K) ([]T, error) {
	unique := make(map[K]bool, len(ids))
	keys := make([][]byte, 0, len(ids))
	for _, id := range ids {
		if id != *new(K) && !unique[id] {
			unique[id] = true
			raw := [16]byte(id)
			keys = append(keys, raw[:])
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	bodies, err := s.bodiesOf(ctx, site, section, keys)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	out := make([]T, len(bodies))
	for i, body := range bodies {
		if out[i], err = desired.Decode[T](body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bodiesOf reads entities of a document by their keys. PostgreSQL takes the keys as one value, so that the statement is the same for any number: every
// batch of every log asks this.
func (s *Store) bodiesOf(ctx context.Context, site domain.SiteID, section desired.Section, keys [][]byte) (bodies [][]byte, err error) {
	if s.dialect != onPostgres {
		for len(keys) > 0 && err == nil {
			part := keys[:min(len(keys), inserts)]
			keys = keys[len(part):]
			var some [][]byte
			err = s.conn(ctx).Model(&entityRow{}).Where("site_id = ? AND section = ? AND key IN ? AND body IS NOT NULL", site, int(section), part).Pluck("body", &some).Error
			bodies = append(bodies, some...)
		}
		return bodies, err
	}
	rows, err := s.conn(ctx).Statement.ConnPool.QueryContext(ctx,
		"SELECT body FROM desired_entities WHERE site_id = $1 AND section = $2 AND key = ANY($3) AND body IS NOT NULL", site, int64(section), keys)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, rows.Err()
}
