package store

import (
	"context"
	"time"

	"vestibule/shared/domain"
)

// Fact is what was last found out about a device on the LAN; Body is CBOR of the finder.
type Fact struct {
	MAC  domain.MAC
	Body []byte
	Seen time.Time
}

// keepFacts bounds how many found devices are remembered: a hostile LAN can announce any number.
const keepFacts = 4096

// PutFact stores what was found; the oldest of more than 4,096 are forgotten.
func (s *Store) PutFact(ctx context.Context, f Fact) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, "INSERT INTO facts (mac, body, seen_at) VALUES (?, ?, ?) ON CONFLICT (mac) DO UPDATE SET body = excluded.body, seen_at = excluded.seen_at",
			f.MAC, f.Body, f.Seen.UnixMilli()); err != nil {
			return wrap(err, "store a found device")
		}
		_, err := s.exec(ctx, "DELETE FROM facts WHERE mac IN (SELECT mac FROM facts ORDER BY seen_at DESC LIMIT -1 OFFSET ?)", keepFacts)
		return wrap(err, "trim the found devices")
	})
}

// Facts lists what was found, newest first.
func (s *Store) Facts(ctx context.Context) ([]Fact, error) {
	rows, err := s.from(ctx).QueryContext(ctx, "SELECT mac, body, seen_at FROM facts ORDER BY seen_at DESC")
	if err != nil {
		return nil, wrap(err, "read the found devices")
	}
	defer func() { _ = rows.Close() }()
	var out []Fact
	for rows.Next() {
		var f Fact
		var seen int64
		if err := rows.Scan(&f.MAC, &f.Body, &seen); err != nil {
			return nil, wrap(err, "read the found devices")
		}
		f.Seen = time.UnixMilli(seen).UTC()
		out = append(out, f)
	}
	return out, wrap(rows.Err(), "read the found devices")
}
