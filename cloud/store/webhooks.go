package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/cloud/webhook"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

type webhookRow struct {
	ID        domain.WebhookID `gorm:"primaryKey"`
	OrgID     domain.OrgID
	Name      string
	URL       string `gorm:"column:url"`
	Secret    []byte // sealed
	Kinds     string // with a blank before and after each
	Enabled   bool
	Failures  int
	Stopped   string
	FailingAt *int64
	Revision  uint64
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
	DeletedAt *int64
}

func (webhookRow) TableName() string { return "webhooks" }

func (s *Store) webhook(r webhookRow) (webhook.Webhook, error) {
	w := webhook.Webhook{
		ID: r.ID, Org: r.OrgID, Name: r.Name, URL: r.URL, Enabled: r.Enabled, Failures: r.Failures, Stopped: webhook.Stop(r.Stopped),
		FailingAt: fromMilliOr(r.FailingAt), Revision: r.Revision, CreatedAt: fromMilli(r.CreatedAt),
	}
	for _, k := range strings.Fields(r.Kinds) {
		w.Kinds = append(w.Kinds, webhook.Kind(k))
	}
	plain, err := s.key.Open(webhookPurpose(r.ID), r.Secret)
	if err != nil {
		return w, fmt.Errorf("open the secret of a webhook: %w", err)
	}
	w.Secret = secret.New(string(plain))
	return w, nil
}

func webhookPurpose(id domain.WebhookID) string { return "webhook secret " + id.String() }

func kindsColumn(kinds []webhook.Kind) string {
	var out strings.Builder
	for _, k := range kinds {
		out.WriteString(" " + string(k))
	}
	return out.String() + " "
}

type deliveryRow struct {
	ID        domain.DeliveryID `gorm:"primaryKey"`
	WebhookID domain.WebhookID
	Kind      string
	Body      string
	State     string
	Attempts  int
	Status    int
	Error     string
	TookMS    int64 `gorm:"column:took_ms"`
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	DoneAt    *int64
}

func (deliveryRow) TableName() string { return "webhook_deliveries" }

func (r deliveryRow) delivery() webhook.Delivery {
	return webhook.Delivery{
		ID: r.ID, Webhook: r.WebhookID, Kind: webhook.Kind(r.Kind), Body: r.Body, State: webhook.State(r.State), Attempts: r.Attempts, Status: r.Status,
		Fault: webhook.Fault(r.Error), Took: time.Duration(r.TookMS) * time.Millisecond, At: fromMilli(r.CreatedAt), DoneAt: fromMilliOr(r.DoneAt),
	}
}

// hooks starts a query on the webhooks of the caller's organisation; the service's own work sees all.
func (s *Store) hooks(ctx context.Context) *gorm.DB {
	query := s.conn(ctx).Model(&webhookRow{}).Where("deleted_at IS NULL")
	if _, ok := account.System(ctx); ok {
		return query
	}
	caller, ok := callerOf(ctx)
	if !ok {
		return query.Where("1 = 0")
	}
	return query.Where("org_id = ?", caller.Org)
}

// Webhooks lists the webhooks of the caller's organisation by name, with the newest delivery of each.
func (s *Store) Webhooks(ctx context.Context) ([]webhook.Webhook, error) {
	var rows []webhookRow
	if err := s.hooks(ctx).Order("name, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	ids := make([]domain.WebhookID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var last []deliveryRow
	if len(ids) > 0 {
		const newest = `id IN (SELECT (SELECT d.id FROM webhook_deliveries d WHERE d.webhook_id = w.id ORDER BY d.created_at DESC, d.id DESC LIMIT 1)
			FROM webhooks w WHERE w.id IN ?)`
		if err := s.conn(ctx).Where(newest, ids).Find(&last).Error; err != nil {
			return nil, fmt.Errorf("list webhooks: %w", err)
		}
	}
	newestOf := make(map[domain.WebhookID]webhook.Delivery, len(last))
	for _, r := range last {
		newestOf[r.WebhookID] = r.delivery()
	}
	out := make([]webhook.Webhook, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = s.webhook(r); err != nil {
			return nil, err
		}
		if d, ok := newestOf[r.ID]; ok {
			out[i].Last = &d
		}
	}
	return out, nil
}

// Webhook gives one webhook of the caller's organisation.
func (s *Store) Webhook(ctx context.Context, id domain.WebhookID) (webhook.Webhook, error) {
	var r webhookRow
	if err := s.hooks(ctx).Where("id = ?", id).Take(&r).Error; err != nil {
		return webhook.Webhook{}, fmt.Errorf("read webhook: %w", missing(err, "This webhook"))
	}
	w, err := s.webhook(r)
	if err != nil {
		return w, err
	}
	last, err := s.Deliveries(ctx, id, webhook.Page{Limit: 1})
	if len(last) > 0 {
		w.Last = &last[0]
	}
	return w, err
}

// AddWebhook adds a webhook.
func (s *Store) AddWebhook(ctx context.Context, w webhook.Webhook) error {
	sealed, err := s.key.Seal(webhookPurpose(w.ID), []byte(w.Secret.Reveal()))
	if err != nil {
		return fmt.Errorf("seal the secret of a webhook: %w", err)
	}
	r := webhookRow{
		ID: w.ID, OrgID: w.Org, Name: w.Name, URL: w.URL, Secret: sealed, Kinds: kindsColumn(w.Kinds), Enabled: w.Enabled, Revision: w.Revision,
		CreatedAt: w.CreatedAt.UnixMilli(), UpdatedAt: w.CreatedAt.UnixMilli(),
	}
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save webhook: %w", err)
	}
	return nil
}

// ChangeWebhook writes a webhook while its revision is still seen.
func (s *Store) ChangeWebhook(ctx context.Context, w webhook.Webhook, seen uint64, at time.Time) error {
	sealed, err := s.key.Seal(webhookPurpose(w.ID), []byte(w.Secret.Reveal()))
	if err != nil {
		return fmt.Errorf("seal the secret of a webhook: %w", err)
	}
	return s.revised(ctx, &webhookRow{}, "This webhook", seen, map[string]any{
		"name": w.Name, "url": w.URL, "secret": sealed, "kinds": kindsColumn(w.Kinds), "enabled": w.Enabled, "stopped": string(w.Stopped),
		"failures": w.Failures, "failing_at": milliOr(w.FailingAt), "updated_at": at.UnixMilli(),
	}, "id = ? AND org_id = ? AND deleted_at IS NULL", w.ID, w.Org)
}

// DeleteWebhook marks a webhook as deleted and drops what waits for it.
func (s *Store) DeleteWebhook(ctx context.Context, id domain.WebhookID, seen uint64, at time.Time) error {
	changes := map[string]any{"deleted_at": at.UnixMilli(), "updated_at": at.UnixMilli()}
	if err := s.revised(ctx, &webhookRow{}, "This webhook", seen, changes, "id = ? AND deleted_at IS NULL", id); err != nil {
		return err
	}
	err := s.conn(ctx).Model(&deliveryRow{}).Where("webhook_id = ? AND state = ?", id, webhook.Waiting).
		Updates(map[string]any{"state": webhook.Dropped, "done_at": at.UnixMilli()}).Error
	if err != nil {
		return fmt.Errorf("drop deliveries: %w", err)
	}
	return nil
}

// WantedKinds lists what enabled webhooks want, whoever's they are.
func (s *Store) WantedKinds(ctx context.Context) ([]webhook.Kind, error) {
	var all []string
	err := s.conn(ctx).Model(&webhookRow{}).Where("deleted_at IS NULL AND enabled").Distinct().Pluck("kinds", &all).Error
	if err != nil {
		return nil, fmt.Errorf("read what webhooks want: %w", err)
	}
	var out []webhook.Kind
	for _, k := range strings.Fields(strings.Join(all, " ")) {
		out = append(out, webhook.Kind(k))
	}
	return out, nil
}

// WantingHooks lists the enabled webhooks for a happening of a site, an organisation or both. An operator's and a distributor's webhooks hear of
// their own installer organisation too, as its people do.
func (s *Store) WantingHooks(ctx context.Context, kind webhook.Kind, org domain.OrgID, site domain.SiteID) ([]webhook.Wanting, error) {
	const own = "(SELECT id FROM orgs WHERE parent_id = w.org_id AND own)"
	var out []webhook.Wanting
	err := s.conn(ctx).Table("webhooks AS w").
		Select("w.id AS webhook, w.org_id AS org, o.name AS org_name, COALESCE(s.name, '') AS site_name").
		Joins("JOIN orgs o ON o.id = w.org_id AND o.deleted_at IS NULL").Joins("LEFT JOIN sites s ON s.id = ?", site).
		Where("w.deleted_at IS NULL AND w.enabled AND w.kinds LIKE ?", "% "+string(kind)+" %").
		Where("w.org_id = ? OR w.org_id = s.org_id OR s.org_id IN "+own+" OR ? IN "+own, org, org).
		Order("w.id").Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("find webhooks: %w", err)
	}
	return out, nil
}

// AddDelivery adds a delivery.
func (s *Store) AddDelivery(ctx context.Context, d webhook.Delivery) error {
	r := deliveryRow{ID: d.ID, WebhookID: d.Webhook, Kind: string(d.Kind), Body: d.Body, State: string(d.State), CreatedAt: d.At.UnixMilli()}
	if err := s.conn(ctx).Create(&r).Error; err != nil {
		return fmt.Errorf("save delivery: %w", err)
	}
	return nil
}

// TakeDelivery gives a delivery with its webhook, locked until the transaction ends.
func (s *Store) TakeDelivery(ctx context.Context, id domain.DeliveryID) (webhook.Delivery, webhook.Webhook, error) {
	var hook webhookRow
	var d deliveryRow
	err := s.forUpdate(s.conn(ctx)).Where("deleted_at IS NULL AND id = (SELECT webhook_id FROM webhook_deliveries WHERE id = ?)", id).Take(&hook).Error
	if err == nil {
		err = s.conn(ctx).Where("id = ?", id).Take(&d).Error
	}
	if err != nil {
		return webhook.Delivery{}, webhook.Webhook{}, fmt.Errorf("read delivery: %w", missing(err, "This delivery"))
	}
	w, err := s.webhook(hook)
	return d.delivery(), w, err
}

// SaveTry writes what came of a try.
func (s *Store) SaveTry(ctx context.Context, d webhook.Delivery) error {
	err := s.conn(ctx).Model(&deliveryRow{}).Where("id = ?", d.ID).Updates(map[string]any{
		"state": string(d.State), "attempts": d.Attempts, "status": d.Status, "error": string(d.Fault), "took_ms": d.Took.Milliseconds(), "done_at": milliOr(d.DoneAt),
	}).Error
	if err != nil {
		return fmt.Errorf("save delivery: %w", err)
	}
	return nil
}

// SaveHealth writes how a webhook fares; one that is switched off by it is another revision.
func (s *Store) SaveHealth(ctx context.Context, w webhook.Webhook, at time.Time) error {
	changes := map[string]any{
		"failures": w.Failures, "failing_at": milliOr(w.FailingAt), "stopped": string(w.Stopped), "enabled": w.Enabled, "updated_at": at.UnixMilli(),
		"revision": gorm.Expr("revision + CASE WHEN enabled = ? THEN 0 ELSE 1 END", w.Enabled),
	}
	if err := s.conn(ctx).Model(&webhookRow{}).Where("id = ?", w.ID).Updates(changes).Error; err != nil {
		return fmt.Errorf("save webhook: %w", err)
	}
	return nil
}

// Deliveries gives a part of a webhook's log, newest first. Who asks has seen the webhook.
func (s *Store) Deliveries(ctx context.Context, hook domain.WebhookID, page webhook.Page) ([]webhook.Delivery, error) {
	query := s.conn(ctx).Where("webhook_id = ?", hook)
	if page.State != "" {
		query = query.Where("state = ?", string(page.State))
	}
	if !page.Before.IsZero() {
		query = query.Where("(created_at, id) < (SELECT created_at, id FROM webhook_deliveries WHERE id = ? AND webhook_id = ?)", page.Before, hook)
	}
	var rows []deliveryRow
	if err := query.Order("created_at DESC, id DESC").Limit(page.Limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	out := make([]webhook.Delivery, len(rows))
	for i, r := range rows {
		out[i] = r.delivery()
	}
	return out, nil
}

// Delivery gives one delivery of a webhook. Who asks has seen the webhook.
func (s *Store) Delivery(ctx context.Context, hook domain.WebhookID, id domain.DeliveryID) (webhook.Delivery, error) {
	var r deliveryRow
	if err := s.forUpdate(s.conn(ctx)).Where("webhook_id = ? AND id = ?", hook, id).Take(&r).Error; err != nil {
		return webhook.Delivery{}, fmt.Errorf("read delivery: %w", missing(err, "This delivery"))
	}
	return r.delivery(), nil
}

// PurgeDeliveries forgets deliveries that were made before an instant.
func (s *Store) PurgeDeliveries(ctx context.Context, before time.Time) error {
	if err := s.conn(ctx).Where("created_at < ?", before.UnixMilli()).Delete(&deliveryRow{}).Error; err != nil {
		return fmt.Errorf("purge deliveries: %w", err)
	}
	return nil
}

// WebhookOwners lists the accounts of an organisation's owners: they hear when a webhook is stopped.
func (s *Store) WebhookOwners(ctx context.Context, org domain.OrgID) ([]domain.AccountID, error) {
	var out []domain.AccountID
	roles := []account.Role{account.RoleOperator, account.RoleDistributor, account.RoleInstaller}
	err := s.conn(ctx).Table("accounts").Where("org_id = ? AND role IN ? AND deleted_at IS NULL", org, roles).Order("id").Pluck("id", &out).Error
	if err != nil {
		return nil, fmt.Errorf("find the owners of an organisation: %w", err)
	}
	return out, nil
}

// OrgName gives the name of an organisation.
func (s *Store) OrgName(ctx context.Context, org domain.OrgID) (string, error) {
	var r orgRow
	if err := s.conn(ctx).Where("id = ?", org).Take(&r).Error; err != nil {
		return "", fmt.Errorf("read organisation: %w", missing(err, "This organisation"))
	}
	return r.Name, nil
}
