package cloud

import (
	"context"
	"time"

	"vestibule/cloud/audit"
	"vestibule/cloud/consent"
	"vestibule/cloud/mail"
	"vestibule/cloud/notice"
	"vestibule/shared/domain"
)

// leave makes what decides who may be in somebody else's organisation, what people are told, and what reads the audit.
func (c *Cloud) leave() {
	c.notices = notice.New(notice.Config{Store: c.store, Mail: postLater{c}, Live: c.live, Now: time.Now})
	c.consent = consent.New(consent.Config{Store: c.store, Mail: postLater{c}, Notices: c.notices, Live: c.live, Now: time.Now, Logger: c.cfg.Logger})
	c.audit = audit.New(c.store)
	// Streams that are open ask again at once whether they may go on, not with their next ping.
	c.store.OnLoss(func(id domain.AccountID) { c.live.PublishAccount(id, consent.Changed, map[string]string{}) })
}

// postLater gives letters to the service that is there when one is posted: notices and mail need each other.
type postLater struct{ c *Cloud }

// Post puts a letter into the queue.
func (p postLater) Post(ctx context.Context, l mail.Letter) error { return p.c.mail.Post(ctx, l) }
