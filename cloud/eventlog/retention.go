package eventlog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Retention is how long a site keeps its rows: the term of every kind that has none of its own comes first. Longest is what the operator of the service
// allows at most, in days; 0: rows may be kept for ever.
type Retention struct {
	Terms    []Term
	Longest  int
	Revision uint64
}

// Retention tells how long a site keeps its rows.
func (s *Service) Retention(ctx context.Context, site domain.SiteID) (Retention, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return Retention{}, err
	}
	terms, err := s.termsOf(ctx, site)
	if err != nil {
		return Retention{}, err
	}
	return s.retention(terms), nil
}

func (s *Service) retention(terms []Term) Retention {
	return Retention{Terms: terms, Longest: s.KeepDays, Revision: terms[0].Revision}
}

// SetRetention says how long a site keeps its rows; terms without days follow the others, the others the operator. What has left stays away. A fault names
// the days of the others, and of each kind by its place in kinds.
func (s *Service) SetRetention(ctx context.Context, site domain.SiteID, others *int, kinds []Term) (Retention, error) {
	var out Retention
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Shelf.LockSite(ctx, site); err != nil {
			return err
		}
		before, err := s.termsOf(ctx, site)
		if err != nil {
			return err
		}
		revision, err := account.Revise(ctx, before[0].Revision)
		if err != nil {
			return err
		}
		if err := s.checkRetention(others, kinds); err != nil {
			return err
		}
		after := changed(before, others, kinds)
		after[0].Revision = revision
		for _, t := range after {
			if err := s.Shelf.PutTerm(ctx, site, t); err != nil {
				return err
			}
		}
		out = s.retention(after)
		return s.recordRetention(ctx, site, before, after)
	})
	return out, err
}

func (s *Service) checkRetention(others *int, kinds []Term) error {
	var f fault.Fields
	s.checkDays(&f, "days", others)
	seen := map[domain.EventKind]bool{}
	for i, t := range kinds {
		at := fmt.Sprintf("kinds[%d].", i)
		f.Check(slices.Contains(domain.EventKinds(), t.Kind), at+"kind", "A kind of the log, such as door_log.")
		f.Check(!seen[t.Kind], at+"kind", "This kind has days already.")
		s.checkDays(&f, at+"days", t.Days)
		seen[t.Kind] = true
	}
	return f.Err()
}

// checkDays refuses what is too short to be explained by a term, and what the operator does not keep.
func (s *Service) checkDays(f *fault.Fields, path string, days *int) {
	switch {
	case days == nil:
	case s.KeepDays > 0:
		f.Check(*days >= LeastDays && *days <= s.KeepDays, path, "%d to %d days: the operator of this service keeps nothing longer.", LeastDays, s.KeepDays)
	default:
		f.Check(*days == 0 || *days >= LeastDays && *days <= MostDays, path, "%d to %d days, or 0 for ever.", LeastDays, MostDays)
	}
}

// changed gives terms with other days. A kind that had none of its own begins where the others are; one that has none any more follows them from there.
func changed(terms []Term, others *int, kinds []Term) []Term {
	out := slices.Clone(terms)
	for i := range out {
		out[i].Days = nil
	}
	out[0].Days = others
	for _, k := range kinds {
		at := slices.IndexFunc(out, func(t Term) bool { return t.Kind == k.Kind })
		if at < 0 {
			at = len(out)
			out = append(out, Term{Kind: k.Kind, Until: terms[0].Until, Gone: terms[0].Gone})
		}
		out[at].Days = k.Days
	}
	return out
}

// recordRetention tells the audit: whoever shortens a log is named in what stays.
func (s *Service) recordRetention(ctx context.Context, site domain.SiteID, before, after []Term) error {
	entry := audit.Entry{Site: site, Action: audit.Changed, Object: "retention", ObjectID: site, At: time.Now()}
	var err error
	if entry.Before, err = audit.Snapshot(daysOf(before)); err != nil {
		return err
	}
	if entry.After, err = audit.Snapshot(daysOf(after)); err != nil {
		return err
	}
	return s.Store.Record(ctx, account.Stamp(ctx, entry))
}

// daysOf are the days of terms by their kinds, as the audit keeps them.
func daysOf(terms []Term) map[string]int {
	out := map[string]int{}
	for _, t := range terms {
		name := string(t.Kind)
		if name == "" {
			name = "others"
		}
		if t.Days != nil {
			out[name] = *t.Days
		}
	}
	return out
}
