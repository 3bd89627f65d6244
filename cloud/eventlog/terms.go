package eventlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Rows of the log are kept for a term, by site and kind, and leave in whole months: the rows of a month leave together, so many days after it ended. What
// leaves is written into the archive first, when there is one. A chain whose older rows left begins on a checkpoint that its agent signed; rows whose
// chain still needs their digests stay without body until then.

// Term is how long a site keeps its rows of a kind.
type Term struct {
	Kind  domain.EventKind // empty: every kind that has no days of its own
	Days  *int             // 0: for ever; nil: as the others, and they as the operator of the service says
	Until time.Time        // rows that arrived before have left, or are about to
	Gone  time.Time        // rows that arrived before are out of the database

	Revision uint64 // of all terms of a site, in that of the others
}

// LeastDays and MostDays bound a term. What is younger than the least is never explained by a term.
const (
	LeastDays = 30
	MostDays  = 3650
)

// Kinds are one kind, or all but some.
type Kinds struct {
	Kind domain.EventKind
	But  []domain.EventKind
}

// Shelf is where rows lie whose terms end. Every method joins the transaction of its context.
type Shelf interface {
	// Floor gives the checkpoint on which a chain begins whose older rows have left.
	Floor(ctx context.Context, key ChainKey) (wire.Checkpoint, bool, error)
	// NextFloor gives the newest checkpoint of a chain that was signed and stored before a time and that no row behind it reaches back over.
	NextFloor(ctx context.Context, key ChainKey, before time.Time) (wire.Checkpoint, bool, error)
	// CutChain makes a checkpoint the floor of its chain and deletes the rows up to it, some at a time.
	CutChain(ctx context.Context, site domain.SiteID, key ChainKey, floor wire.Checkpoint, some int) error
	// LoggedSites lists every site that has a log.
	LoggedSites(ctx context.Context) ([]domain.SiteID, error)
	// Terms lists the terms of a site that are written down, that of all other kinds first.
	Terms(ctx context.Context, site domain.SiteID) ([]Term, error)
	// PutTerm says how long a term is, and MoveTerm how far it has come: people do the one while the other is done.
	PutTerm(ctx context.Context, site domain.SiteID, term Term) error
	MoveTerm(ctx context.Context, site domain.SiteID, term Term) error
	// LockSite is NotFound for a site that the caller may not see.
	LockSite(ctx context.Context, site domain.SiteID) error
	OldestEvent(ctx context.Context, site domain.SiteID) (time.Time, error)
	// Aged gives rows with bodies that arrived in a time, in the order of their arrival, behind a position.
	Aged(ctx context.Context, site domain.SiteID, kinds Kinds, from, to time.Time, after Position, limit int) ([]Stored, error)
	// EmptyAged takes the bodies out of at most so many rows that arrived before a time.
	EmptyAged(ctx context.Context, site domain.SiteID, kinds Kinds, before time.Time, most int) (int, error)
	// DropMonths drops what holds no row any more of the months before a time.
	DropMonths(ctx context.Context, before time.Time) (int, error)
}

// Archive takes rows of a month before they leave. Put returns once they are safe; the same month of the same kind written again takes the place of the
// first.
type Archive interface {
	Put(ctx context.Context, site domain.SiteID, month time.Time, kind domain.EventKind, rows iter.Seq2[Stored, error]) error
}

// monthOf is the first instant of the month of at.
func monthOf(at time.Time) time.Time {
	at = at.UTC()
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// termsOf gives the terms of a site, that of all other kinds first; it is there without being written down.
func (s *Service) termsOf(ctx context.Context, site domain.SiteID) ([]Term, error) {
	if s.Shelf == nil {
		return []Term{{}}, nil
	}
	terms, err := s.Shelf.Terms(ctx, site)
	if err == nil && (len(terms) == 0 || terms[0].Kind != "") {
		terms = slices.Insert(terms, 0, Term{})
	}
	return terms, err
}

// days is how long a term is; zero: for ever. A kind that has no days follows the others, the others the operator, and none is longer than the operator
// says now.
func (s *Service) days(terms []Term, i int) int {
	days := terms[i].Days
	if days == nil {
		days = terms[0].Days
	}
	if days == nil || s.KeepDays > 0 && (*days == 0 || *days > s.KeepDays) {
		return s.KeepDays
	}
	return *days
}

// kindsOf tells which rows a term is about.
func kindsOf(terms []Term, i int) Kinds {
	k := Kinds{Kind: terms[i].Kind}
	for _, t := range terms[1:] {
		if i == 0 {
			k.But = append(k.But, t.Kind)
		}
	}
	return k
}

// untilOf tells from when on the rows of a kind are there.
func untilOf(terms []Term, kind domain.EventKind) time.Time {
	for _, t := range terms {
		if t.Kind == kind {
			return t.Until
		}
	}
	return terms[0].Until
}

// wholeUntil tells from when on a chain must be there: no kind of its stream needs what is older.
func wholeUntil(terms []Term, stream domain.Stream) time.Time {
	until := terms[0].Until
	for _, t := range terms[1:] {
		if domain.StreamOf(t.Kind) == stream && t.Until.Before(until) {
			until = t.Until
		}
	}
	return until
}

// Age lets rows leave whose term is over. What it does not reach before ctx ends the next one does.
func (s *Service) Age(ctx context.Context) error {
	sites, err := s.Shelf.LoggedSites(ctx)
	if err != nil {
		return err
	}
	now, _ := s.Clock.Now()
	var failed []error
	for _, site := range sites {
		err := s.ageSite(ctx, site, now)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the rest is the next one's
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("site %s: %w", site, err))
		}
	}
	if _, err := s.Shelf.DropMonths(ctx, monthOf(now)); err != nil {
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// some is how many rows leave in one transaction.
const some = 500

func (s *Service) ageSite(ctx context.Context, site domain.SiteID, now time.Time) error {
	terms, err := s.termsOf(ctx, site)
	if err != nil {
		return err
	}
	pending := false
	for i := range terms {
		if err := s.license(ctx, site, terms, i, now); err != nil {
			return err
		}
		pending = pending || terms[i].Gone.Before(terms[i].Until)
	}
	if !pending {
		return nil
	}
	if err := s.cutChains(ctx, site, terms); err != nil {
		return err
	}
	for i := range terms {
		for n := some; n > 0; {
			if n, err = s.Shelf.EmptyAged(ctx, site, kindsOf(terms, i), terms[i].Until, some); err != nil {
				return err
			}
		}
		terms[i].Gone = terms[i].Until
		if err := s.Shelf.MoveTerm(ctx, site, terms[i]); err != nil {
			return err
		}
	}
	return nil
}

// license moves a term to the newest month whose rows may leave, once they are in the archive. From then on their absence is explained.
func (s *Service) license(ctx context.Context, site domain.SiteID, terms []Term, i int, now time.Time) error {
	days := s.days(terms, i)
	if days <= 0 {
		return nil
	}
	term := terms[i]
	until := monthOf(now.AddDate(0, 0, -max(days, LeastDays)))
	if !term.Until.Before(until) {
		return nil
	}
	if s.Archive != nil {
		if err := s.archive(ctx, site, kindsOf(terms, i), term.Until, until); err != nil {
			return err
		}
	}
	term.Until = until
	if err := s.Shelf.MoveTerm(ctx, site, term); err != nil {
		return err
	}
	terms[i] = term
	return nil
}

// archive writes rows that arrived in [from, to) into the archive, month by month.
func (s *Service) archive(ctx context.Context, site domain.SiteID, kinds Kinds, from, to time.Time) error {
	oldest, err := s.Shelf.OldestEvent(ctx, site)
	if err != nil || oldest.IsZero() {
		return err
	}
	for month := monthOf(later(from, oldest)); month.Before(to); month = month.AddDate(0, 1, 0) {
		next := month.AddDate(0, 1, 0)
		first, err := s.Shelf.Aged(ctx, site, kinds, month, next, Position{}, 1)
		if err != nil {
			return err
		}
		if len(first) == 0 {
			continue
		}
		if err := s.Archive.Put(ctx, site, month, kinds.Kind, s.aged(ctx, site, kinds, month, next)); err != nil {
			return fmt.Errorf("archive %s: %w", month.Format("2006-01"), err)
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// aged gives the rows of a time page by page.
func (s *Service) aged(ctx context.Context, site domain.SiteID, kinds Kinds, from, to time.Time) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		var after Position
		for {
			rows, err := s.Shelf.Aged(ctx, site, kinds, from, to, after, pageRows)
			if err != nil {
				yield(Stored{}, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
				after = r.position()
			}
			if len(rows) < pageRows {
				return
			}
		}
	}
}

// cutChains deletes the rows of chains that no term needs, up to a checkpoint that the agent signed. A chain that is not whole keeps its rows: they are
// the evidence.
func (s *Service) cutChains(ctx context.Context, site domain.SiteID, terms []Term) error {
	keys, err := s.Store.Chains(ctx, site)
	if err != nil {
		return err
	}
	for _, key := range keys {
		until := wholeUntil(terms, key.Stream)
		if until.IsZero() {
			continue
		}
		next, ok, err := s.Shelf.NextFloor(ctx, key, until)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		resets, err := s.Store.Resets(ctx, site)
		if err != nil {
			return err
		}
		f, err := s.walk(ctx, key, resets, terms)
		if err != nil {
			return err
		}
		if f.Bad != "" && f.Seq <= next.Seq || f.Signed < next.Seq && s.Keys != nil {
			s.Logger.Error("rows past their term stay: their chain is not whole", logkey.Site, site, logkey.Agent, key.Agent, logkey.Reason, f.Bad)
			continue
		}
		if err := s.Shelf.CutChain(ctx, site, key, next, some); err != nil {
			return err
		}
	}
	return nil
}
