package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/presence"
	"vestibule/cloud/sitemail"
	"vestibule/shared/domain"
)

var _ sitemail.Store = (*Store)(nil)

type siteMailRow struct {
	SiteID domain.SiteID `gorm:"primaryKey"`
	About  string        `gorm:"primaryKey"`
	Reader string        `gorm:"primaryKey"`
	ToldAt int64         `gorm:"autoCreateTime:false"`
}

func (siteMailRow) TableName() string { return "site_mails" }

// Tell remembers that a reader is told of something; false when that was so before.
func (s *Store) Tell(ctx context.Context, site domain.SiteID, about, reader string, at time.Time) (bool, error) {
	row := siteMailRow{SiteID: site, About: about, Reader: reader, ToldAt: at.UnixMilli()}
	done := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	return done.RowsAffected == 1, wrap(done.Error, "remember a mail of a site")
}

// ForgetTold drops what was told before a time.
func (s *Store) ForgetTold(ctx context.Context, before time.Time) error {
	return wrap(s.conn(ctx).Where("told_at < ?", before.UnixMilli()).Delete(&siteMailRow{}).Error, "forget mails of sites")
}

// EndingHomes lists the communities and single homes with homes of which a service ends between from and to, and who reads of it.
func (s *Store) EndingHomes(ctx context.Context, from, to time.Time) ([]sitemail.Site, error) {
	ends := func(name string) string { return s.serviceNumber(name) + " BETWEEN ? AND ?" }
	var rows []homeRow
	err := s.conn(ctx).Where("deleted_at IS NULL AND "+s.serviceNumber("activated_ms")+" <> 0 AND ("+ends("expires_ms")+" OR "+ends("landline_ms")+")",
		from.UnixMilli(), to.UnixMilli(), from.UnixMilli(), to.UnixMilli()).
		Where("site_id IN (SELECT id FROM sites WHERE kind IN ? AND deleted_at IS NULL)", []domain.SiteKind{domain.Community, domain.SingleHome}).
		Order("folded, id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the homes whose service ends: %w", err)
	}
	homes := map[domain.SiteID][]fleet.Home{}
	for _, r := range rows {
		homes[r.Row.SiteID] = append(homes[r.Row.SiteID], r.noun())
	}
	out := make([]sitemail.Site, 0, len(homes))
	for id, of := range homes {
		site, err := s.endingSite(account.AsSystem(ctx, "sitemail"), id, of)
		if err != nil {
			return nil, err
		}
		out = append(out, site)
	}
	return out, nil
}

// endingSite adds to homes of one site who reads about them.
func (s *Store) endingSite(ctx context.Context, id domain.SiteID, homes []fleet.Home) (sitemail.Site, error) {
	site, err := s.Site(ctx, id)
	if err != nil {
		return sitemail.Site{}, err
	}
	if err := s.furnish(ctx, id, homes); err != nil {
		return sitemail.Site{}, err
	}
	out := sitemail.Site{Site: site}
	for _, h := range homes {
		out.Homes = append(out.Homes, endingHome(site, h))
	}
	if out.Managers, err = s.managersRead(ctx, id); err != nil {
		return out, err
	}
	out.Installers, err = s.installersRead(ctx, site.OrgID)
	return out, err
}

func endingHome(site domain.Site, h fleet.Home) sitemail.Home {
	out := sitemail.Home{Name: h.Number + ", " + h.Building}
	if site.Kind == domain.SingleHome {
		out.Name = cmp.Or(h.Name, site.Name) // number and building of a single home are ours, nobody knows them
	}
	ends := []int64{h.Service.ExpiresMilli, h.Service.LandlineMilli}
	if h.Service.LandlineOff {
		ends = ends[:1]
	}
	for _, end := range ends {
		if end != 0 {
			out.Ends = append(out.Ends, fromMilli(end))
		}
	}
	if p, ok := h.Master(); ok {
		out.User = sitemail.Reader{
			ID: p.ID.String(), Email: p.Email, Name: strings.TrimSpace(p.FirstName + " " + p.LastName), Language: cmp.Or(p.Form.Language, site.Form.UserLanguage),
		}
	}
	return out
}

// managersRead lists the managers of a site who have used their link.
func (s *Store) managersRead(ctx context.Context, site domain.SiteID) ([]sitemail.Reader, error) {
	return s.mailReaders(ctx, `role = ? AND id IN (SELECT account_id FROM site_managers WHERE site_id = ?) AND org_id = (SELECT org_id FROM sites WHERE id = ?)`,
		account.RoleManager, site, site)
}

// installersRead lists who installs for an organisation and wants notices by mail (ACC-06): its installers, and where it is the own one of an
// operator or distributor, those above it.
func (s *Store) installersRead(ctx context.Context, org domain.OrgID) ([]sitemail.Reader, error) {
	return s.mailReaders(ctx, `notify AND (org_id = ? AND role IN ? OR role IN ? AND org_id = (SELECT parent_id FROM orgs WHERE id = ? AND own))`,
		org, []account.Role{account.RoleInstaller, account.RoleSubInstaller}, []account.Role{account.RoleOperator, account.RoleDistributor}, org)
}

func (s *Store) mailReaders(ctx context.Context, who string, args ...any) ([]sitemail.Reader, error) {
	var rows []accountRow
	err := s.conn(ctx).Where("deleted_at IS NULL AND activated_at IS NOT NULL AND email <> ''").Where(who, args...).Order("id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list readers of a site's mails: %w", err)
	}
	out := make([]sitemail.Reader, len(rows))
	for i, r := range rows {
		out[i] = sitemail.Reader{ID: r.ID.String(), Account: r.ID, Name: r.Name, Email: r.Email, Language: r.Language}
	}
	return out, nil
}

// Outages lists the commercial sites that mail about outages, with what has not answered since before a time. A device that was never seen is not
// lost; one whose agent is lost cannot be judged.
func (s *Store) Outages(ctx context.Context, before time.Time) ([]sitemail.Watched, error) {
	watched := "SELECT id FROM sites WHERE kind = ? AND deleted_at IS NULL AND CAST(" + s.jsonBool("form", "disconnect_mails") + " AS boolean)"
	down := []presence.State{presence.Offline, presence.Refused}
	var rows []struct {
		SiteID         domain.SiteID
		ID, Name       string
		Agent, Managed bool
		Since          int64
	}
	err := s.conn(ctx).Raw(`SELECT a.site_id, CAST(a.id AS text) AS id, a.name, 1 = 1 AS agent, 1 = 0 AS managed, a.since FROM agents a
			WHERE a.site_id IN (`+watched+`) AND a.revoked_at IS NULL AND a.state IN ? AND a.since <= ?
		UNION ALL SELECT d.site_id, CAST(d.id AS text), d.name, 1 = 0, a.state = ?, r.since FROM device_states r
			JOIN devices d ON d.id = r.device_id AND d.deleted_at IS NULL JOIN agents a ON a.id = r.agent_id AND a.revoked_at IS NULL
			WHERE r.site_id IN (`+watched+`) AND NOT r.online AND r.seen_at <> 0 AND r.since <= ? ORDER BY 1, 4 DESC, 3, 2`,
		domain.Commercial, down, before.UnixMilli(), string(presence.Online), domain.Commercial, before.UnixMilli()).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for outages: %w", err)
	}
	ctx = account.AsSystem(ctx, "sitemail")
	var out []sitemail.Watched
	for _, r := range rows {
		if n := len(out); n == 0 || out[n-1].ID != r.SiteID {
			next := sitemail.Watched{}
			if next.Site, err = s.Site(ctx, r.SiteID); err != nil {
				return nil, err
			}
			if next.Managers, err = s.managersRead(ctx, r.SiteID); err != nil {
				return nil, err
			}
			out = append(out, next)
		}
		at := &out[len(out)-1]
		at.Outages = append(at.Outages, sitemail.Outage{ID: r.ID, Name: r.Name, Agent: r.Agent, Managed: r.Managed, Since: fromMilli(r.Since)})
	}
	return out, nil
}
