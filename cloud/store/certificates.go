package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/enroll"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

type certificateRow struct {
	Fingerprint []byte `gorm:"primaryKey"`
	SiteID      domain.SiteID
	AgentID     domain.AgentID
	Leaf        []byte
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
	ExpiresAt   int64
	RevokedAt   *int64
}

func (certificateRow) TableName() string { return "certificates" }

type keyRow struct {
	Name      string `gorm:"primaryKey"`
	Chain     []byte // CBOR list of DER
	Secret    []byte // sealed
	CreatedAt int64  `gorm:"autoCreateTime:false"`
}

func (keyRow) TableName() string { return "authority_keys" }

// LockKeys lets one process at a time make keys, until the transaction ends. SQLite has one writer anyway.
func (s *Store) LockKeys(ctx context.Context) error {
	if s.dialect != onPostgres {
		return nil
	}
	return s.conn(ctx).Exec("LOCK TABLE authority_keys IN EXCLUSIVE MODE").Error
}

// ReadKey gives a stored key; NotFound when it was never made.
func (s *Store) ReadKey(ctx context.Context, name string) (enroll.StoredKey, error) {
	var r keyRow
	if err := s.conn(ctx).Where("name = ?", name).Take(&r).Error; err != nil {
		return enroll.StoredKey{}, fmt.Errorf("read key %s: %w", name, missing(err, "This key"))
	}
	k := enroll.StoredKey{Name: r.Name, Secret: r.Secret, CreatedAt: instant(r.CreatedAt)}
	return k, wire.Unmarshal(r.Chain, &k.Chain)
}

// PutKey adds a key or puts another in its place.
func (s *Store) PutKey(ctx context.Context, k enroll.StoredKey) error {
	chain, err := wire.Marshal(k.Chain)
	if err != nil {
		return err
	}
	r := keyRow{Name: k.Name, Chain: chain, Secret: k.Secret, CreatedAt: k.CreatedAt.UnixMilli()}
	if err := s.conn(ctx).Save(&r).Error; err != nil {
		return fmt.Errorf("save key %s: %w", k.Name, err)
	}
	return nil
}

// InsertCertificate adds an agent's certificate.
func (s *Store) InsertCertificate(ctx context.Context, c enroll.Certificate) error {
	r := certificateRow{
		Fingerprint: c.Fingerprint[:], SiteID: c.Site, AgentID: c.Agent, Leaf: c.Leaf,
		CreatedAt: c.CreatedAt.UnixMilli(), ExpiresAt: c.ExpiresAt.UnixMilli(),
	}
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save certificate: %w", err)
	}
	return nil
}

// ReadCertificate gives a certificate by its fingerprint; it counts as revoked when its agent is.
func (s *Store) ReadCertificate(ctx context.Context, fingerprint [32]byte) (enroll.Certificate, error) {
	var r certificateRow
	var agentRevoked *int64
	err := s.row(ctx, places{&r.SiteID, &r.AgentID, &r.Leaf, &r.CreatedAt, &r.ExpiresAt, &r.RevokedAt, &agentRevoked},
		"SELECT c.site_id, c.agent_id, c.leaf, c.created_at, c.expires_at, c.revoked_at, a.revoked_at FROM certificates c JOIN agents a ON a.id = c.agent_id WHERE c.fingerprint = ?", fingerprint[:])
	if err != nil {
		return enroll.Certificate{}, fmt.Errorf("read certificate: %w", missing(err, "This certificate"))
	}
	return enroll.Certificate{
		Fingerprint: fingerprint, Site: r.SiteID, Agent: r.AgentID, Leaf: r.Leaf, CreatedAt: instant(r.CreatedAt),
		ExpiresAt: instant(r.ExpiresAt), Revoked: r.RevokedAt != nil || agentRevoked != nil,
	}, nil
}

// CertificatesSince counts the certificates of an agent made after since.
func (s *Store) CertificatesSince(ctx context.Context, agent domain.AgentID, since time.Time) (int, error) {
	var n int64
	err := s.conn(ctx).Model(&certificateRow{}).Where("agent_id = ? AND created_at > ?", agent, since.UnixMilli()).Count(&n).Error
	return int(n), err
}
