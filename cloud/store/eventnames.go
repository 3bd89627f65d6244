package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vestibule/cloud/eventlog"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// NamesOf gives the names that the site's document has for ids now.
func (s *Store) NamesOf(ctx context.Context, site domain.SiteID, devices []domain.DeviceID, apartments []domain.ApartmentID) (eventlog.Names, error) {
	n := eventlog.Names{Devices: map[domain.DeviceID]string{}, Apartments: map[domain.ApartmentID]string{}, Relays: map[eventlog.RelayKey]string{}}
	bodies, err := s.bodiesOf(ctx, site, sought{desired.SectionDevices, keysOf(devices)}, sought{desired.SectionApartments, keysOf(apartments)})
	if err != nil {
		return n, fmt.Errorf("read names: %w", err)
	}
	found, err := decoded[domain.Device](bodies[0])
	if err != nil {
		return n, err
	}
	for _, d := range found {
		n.Devices[d.ID] = d.Name
		for _, r := range d.Doors() {
			n.Relays[eventlog.RelayKey{Device: d.ID, Number: r.Number}] = r.Name
		}
	}
	homes, err := decoded[domain.Apartment](bodies[1])
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
	bodies, err := s.bodiesOf(ctx, site, sought{section, keysOf(ids)})
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	return decoded[T](bodies[0])
}

func decoded[T any](bodies [][]byte) ([]T, error) {
	out := make([]T, len(bodies))
	for i, body := range bodies {
		var err error
		if out[i], err = desired.Decode[T](body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// keysOf gives the keys of ids, each once; one that is not set has none.
func keysOf[K ~[16]byte](ids []K) [][]byte {
	unique := make(map[K]bool, len(ids))
	keys := make([][]byte, 0, len(ids))
	for _, id := range ids {
		if id != *new(K) && !unique[id] {
			unique[id] = true
			raw := [16]byte(id)
			keys = append(keys, raw[:])
		}
	}
	return keys
}

// sought is entities of one section.
type sought struct {
	section desired.Section
	keys    [][]byte
}

// bodiesOf reads entities of a document by their keys, those of each section apart. PostgreSQL takes all of them in one statement and the keys of a section as
// one value, so that the statement is the same for any number: every batch of every log asks this.
func (s *Store) bodiesOf(ctx context.Context, site domain.SiteID, of ...sought) ([][][]byte, error) {
	out := make([][][]byte, len(of))
	if s.dialect != onPostgres {
		for i, o := range of {
			for part := range slices.Chunk(o.keys, inserts) {
				var some [][]byte
				err := s.conn(ctx).Model(&entityRow{}).Where("site_id = ? AND section = ? AND key IN ? AND body IS NOT NULL", site, int(o.section), part).Pluck("body", &some).Error
				if err != nil {
					return nil, err
				}
				out[i] = append(out[i], some...)
			}
		}
		return out, nil
	}
	args := []any{site}
	var selects []string
	for i, o := range of {
		if len(o.keys) > 0 {
			selects = append(selects, fmt.Sprintf("SELECT %d, body FROM desired_entities WHERE site_id = $1 AND section = $%d AND key = ANY($%d) AND body IS NOT NULL", i, len(args)+1, len(args)+2))
			args = append(args, int64(o.section), o.keys)
		}
	}
	if len(selects) == 0 {
		return out, nil
	}
	rows, err := s.conn(ctx).Statement.ConnPool.QueryContext(ctx, strings.Join(selects, " UNION ALL "), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var i int
		var body []byte
		if err := rows.Scan(&i, &body); err != nil {
			return nil, err
		}
		out[i] = append(out[i], body)
	}
	return out, rows.Err()
}
