package account

import (
	"context"
	"net/netip"
	"strconv"
	"time"

	"vestibule/cloud/audit"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

var zeroTime time.Time

// How many mails a person can make the service send about one account within mailsWithin.
const (
	mailsWithin = time.Hour
	maxResets   = 3
	maxConfirms = 5
)

// lockedOut tells the owner of an account of too many wrong tries: an audit entry each time, a notice and a mail to a verified address at
// most once an hour. It is no part of the answer: what goes wrong here is logged and nothing else.
func (s *Service) lockedOut(ctx context.Context, a Account, from netip.Addr, what string) {
	now := s.now()
	told := s.guards.told.Wait(now, a.ID.String()) > 0
	if !told {
		s.guards.told.Count(now, a.ID.String())
	}
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		// Nobody is signed in: the entry tells what was done to the account, not by it.
		e := audit.Entry{
			Org: a.Org.ID, Actor: "Sign-in", From: from, Action: audit.Locked, Object: "account", ObjectID: a.ID, ObjectName: a.called(), Reason: what, At: now,
		}
		e.ID = domain.NewID[domain.AuditID](now)
		if err := s.cfg.Store.Record(ctx, e); err != nil || told {
			return err
		}
		wait := strconv.Itoa(int(pairLock / time.Minute))
		if err := s.cfg.Notices.Tell(ctx, a.ID, "locked", map[string]string{"address": from.String(), "wait": wait}); err != nil {
			return err
		}
		if a.Email == "" || a.EmailVerifiedAt.IsZero() {
			return nil
		}
		return s.post(ctx, a, mail.Letter{Kind: mail.LockedOut, Values: map[string]string{"address": from.String(), "wait": wait}})
	})
	if err != nil {
		s.cfg.Logger.Error("nobody was told of a lock", logkey.Account, a.ID.String(), logkey.Err, err)
	}
}
