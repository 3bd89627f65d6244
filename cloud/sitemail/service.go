package sitemail

import (
	"context"
	"log/slog"
	"time"

	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// keepTold is how long it is remembered that a mail left.
const keepTold = 400 * 24 * time.Hour

// Store tells what is due and remembers what left. Every method joins the transaction of its context.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// EndingHomes lists sites with homes of which a service ends between from and to, and who reads of it.
	EndingHomes(ctx context.Context, from, to time.Time) ([]Site, error)
	// Outages lists the sites that mail about outages and have one that began before the time given.
	Outages(ctx context.Context, before time.Time) ([]Watched, error)
	// Tell remembers that somebody is told of something; false when that was so before.
	Tell(ctx context.Context, site domain.SiteID, about, reader string, at time.Time) (bool, error)
	ForgetTold(ctx context.Context, before time.Time) error
}

// Mailer posts letters in the transaction of ctx.
type Mailer interface {
	Post(ctx context.Context, l mail.Letter) error
}

// Config is what the service stands on; all of it is required.
type Config struct {
	Store  Store
	Mail   Mailer
	Now    func() time.Time
	Logger *slog.Logger
}

// Service writes the mails of sites. Its methods may be called by any goroutine.
type Service struct{ cfg Config }

// New makes the service.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "sitemail")
	return &Service{cfg: cfg}
}

// latest is the longest time before an end that anybody is mailed, with a day for every zone.
const latest = 17 * 24 * time.Hour

// Expiring mails who is to know of services that end (SITE-18). Call it more than once a day: days begin at other times in other zones.
func (s *Service) Expiring(ctx context.Context) error {
	now := s.cfg.Now()
	if err := s.cfg.Store.ForgetTold(ctx, now.Add(-keepTold)); err != nil {
		return err
	}
	sites, err := s.cfg.Store.EndingHomes(ctx, now, now.Add(latest))
	if err != nil {
		return err
	}
	for _, site := range sites {
		for _, r := range Reminders(site, now) {
			if err := s.remind(ctx, r, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// Lost mails the managers of sites about devices and agents that have been silent for longer than the grace time (SITE-34).
func (s *Service) Lost(ctx context.Context) error {
	now := s.cfg.Now()
	sites, err := s.cfg.Store.Outages(ctx, now.Add(-Grace))
	if err != nil {
		return err
	}
	for _, site := range sites {
		err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error { return s.tellOutages(ctx, site, now) })
		if err != nil {
			return err
		}
	}
	return nil
}

// tellOutages writes one mail to each manager about what nobody was told of yet.
func (s *Service) tellOutages(ctx context.Context, site Watched, now time.Time) error {
	var news []Outage
	for _, o := range Overdue(site.Outages, now) {
		fresh, err := s.cfg.Store.Tell(ctx, site.ID, o.about(), "", now)
		if err != nil {
			return err
		}
		if fresh {
			news = append(news, o)
		}
	}
	if len(news) == 0 {
		return nil
	}
	s.cfg.Logger.Info("outages are mailed", logkey.Site, site.ID, logkey.Count, len(news))
	for _, to := range site.Managers {
		if err := s.cfg.Mail.Post(ctx, lostLetter(site.Site, news, to)); err != nil {
			return err
		}
	}
	return nil
}

// remind posts a reminder unless its reader had it.
func (s *Service) remind(ctx context.Context, r Reminder, now time.Time) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		fresh, err := s.cfg.Store.Tell(ctx, r.Site.ID, r.about(), r.To.ID, now)
		if err != nil || !fresh {
			return err
		}
		return s.cfg.Mail.Post(ctx, r.letter())
	})
}
