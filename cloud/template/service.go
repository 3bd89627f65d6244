package template

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/sheet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Bounds of imports.
const (
	MaxFile  = sheet.MaxFile // bytes of a file
	MaxEdits = 1000          // rows that are changed at once
	kept     = 30 * 24 * time.Hour
	perSite  = 20 // imports that a site keeps; older ones go
)

// Fleet makes many edits of a site as one.
type Fleet interface {
	Draft(ctx context.Context, site domain.SiteID, fn func(ctx context.Context, d *fleet.Draft) error) error
	Site(ctx context.Context, site domain.SiteID) (domain.Site, error)
}

// Queue does work after the answer.
type Queue interface {
	Insert(ctx context.Context, kind string, body any) error
}

// Config is what the service stands on; all of it but Told is required.
type Config struct {
	Store  Store
	Fleet  Fleet
	Queue  Queue
	Told   Told
	Now    func() time.Time
	Logger *slog.Logger
}

// Service brings sheets in and out. Its methods may be called by any goroutine.
type Service struct {
	cfg Config

	mu      sync.Mutex
	running map[domain.ImportID]*progress
}

// progress is how far running work of this process is; others show none.
type progress struct {
	done   int
	given  bool // up, by somebody
	cancel context.CancelFunc
}

// New makes the service.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "template")
	return &Service{cfg: cfg, running: map[domain.ImportID]*progress{}}
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

func formOf(site domain.Site) (Form, error) {
	kind, ok := KindOf(site)
	if !ok {
		return Form{}, fault.New(fault.Conflict, "A single-family site has no template: it is one home.")
	}
	form, _ := FormOf(kind)
	return form, nil
}

// FormAt gives the form of a site (TPL-01).
func (s *Service) FormAt(ctx context.Context, site domain.SiteID) (Form, error) {
	of, err := s.cfg.Fleet.Site(ctx, site)
	if err != nil {
		return Form{}, err
	}
	return formOf(of)
}

// Template writes the template of a site, with comments and an example.
func (s *Service) Template(ctx context.Context, site domain.SiteID, out io.Writer, format, language string) error {
	form, err := s.FormAt(ctx, site)
	if err != nil {
		return err
	}
	return Write(out, form, format, language, nil, true)
}

// Export writes everything of a site that its template describes; read again it changes nothing.
func (s *Service) Export(ctx context.Context, site domain.SiteID, out io.Writer, format, language string) error {
	form, rows, err := export(ctx, s.cfg.Fleet, site)
	if err != nil {
		return err
	}
	return Write(out, form, format, language, rows, false)
}

// Import gives one import, with the progress of work that runs here.
func (s *Service) Import(ctx context.Context, site domain.SiteID, id domain.ImportID) (Import, error) {
	i, err := s.cfg.Store.Import(ctx, site, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.running[id]; p != nil {
		i.Done = p.done
	}
	return i, err
}

// Imports lists the imports of a site, the newest first.
func (s *Service) Imports(ctx context.Context, site domain.SiteID) ([]Import, error) {
	return s.cfg.Store.Imports(ctx, site)
}

// Rows gives rows of a plan.
func (s *Service) Rows(ctx context.Context, site domain.SiteID, id domain.ImportID, q Query) ([]Row, int, error) {
	return s.cfg.Store.Rows(ctx, site, id, q)
}

// Upload reads a file and starts its plan (TPL-01). Nothing of the site is changed. A file that cannot be read is Invalid at "file".
func (s *Service) Upload(ctx context.Context, site domain.SiteID, name string, raw []byte) (Import, error) {
	form, err := s.FormAt(ctx, site)
	if err != nil {
		return Import{}, err
	}
	reading, err := Read(form, raw)
	if err != nil {
		return Import{}, err
	}
	return s.begin(ctx, site, form.Kind, name, reading.Rows, reading.Notes)
}

// begin keeps rows and puts their planning into the queue.
func (s *Service) begin(ctx context.Context, site domain.SiteID, kind Kind, name string, rows []Row, notes []string) (Import, error) {
	caller, _ := account.From(ctx)
	now := s.now()
	i := Import{
		ID: domain.NewID[domain.ImportID](now), Site: site, Kind: kind, Name: name, Phase: Planning, By: caller.Account, ByName: caller.Name,
		Notes: notes, MadeAt: now, Revision: 1, Counts: Counts{Rows: len(rows)},
	}
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.dropOld(ctx, site); err != nil {
			return err
		}
		if err := s.cfg.Store.SaveImport(ctx, i); err != nil {
			return err
		}
		if err := s.cfg.Store.PutRows(ctx, site, i.ID, rows); err != nil {
			return err
		}
		return s.later(ctx, i, doPlan)
	})
	return i, err
}

// dropOld keeps the newest imports of a site; none whose work runs.
func (s *Service) dropOld(ctx context.Context, site domain.SiteID) error {
	all, err := s.cfg.Store.Imports(ctx, site)
	if err != nil {
		return err
	}
	for n, i := range all {
		if n < perSite-1 || i.Phase == Planning || i.Phase == Applying || i.Phase == Undoing {
			continue
		}
		if err := s.cfg.Store.DropImport(ctx, site, i.ID); err != nil {
			return err
		}
	}
	return nil
}

// Edit is one row as somebody corrected it. Cells by column; nil leaves all of them.
type Edit struct {
	N       int
	Cells   map[string]string
	LeftOut *bool
}

// EditRows corrects rows of a plan, or leaves them out, and plans anew.
func (s *Service) EditRows(ctx context.Context, site domain.SiteID, id domain.ImportID, edits []Edit) (Import, error) {
	return s.step(ctx, site, id, []Phase{Ready}, Planning, doPlan, func(ctx context.Context, i *Import) error {
		rows, _, err := s.cfg.Store.Rows(ctx, site, id, Query{})
		if err != nil {
			return err
		}
		form, _ := FormOf(i.Kind)
		if err := edit(form, rows, edits); err != nil {
			return err
		}
		return s.cfg.Store.PutRows(ctx, site, id, rows)
	})
}

func edit(form Form, rows []Row, edits []Edit) error {
	var f fault.Fields
	f.Check(len(edits) <= MaxEdits, "rows", "At most %d rows at once.", MaxEdits)
	for _, e := range edits {
		if e.N < 0 || e.N >= len(rows) {
			f.Add("rows", "There is no row %d.", e.N)
			continue
		}
		row := &rows[e.N]
		for key, text := range e.Cells {
			at := form.Index(key)
			if at < 0 || len(text) > 4096 {
				f.Add("rows", "There is no column %q, or its text is too long.", key)
				continue
			}
			row.Cells[at] = text
		}
		if e.LeftOut != nil {
			row.LeftOut = *e.LeftOut
		}
	}
	return f.Err()
}

// LeaveOutErrors leaves every row with an error out, and plans anew.
func (s *Service) LeaveOutErrors(ctx context.Context, site domain.SiteID, id domain.ImportID) (Import, error) {
	return s.step(ctx, site, id, []Phase{Ready}, Planning, doPlan, func(ctx context.Context, _ *Import) error {
		rows, _, err := s.cfg.Store.Rows(ctx, site, id, Query{})
		if err != nil {
			return err
		}
		for n := range rows {
			rows[n].LeftOut = rows[n].LeftOut || rows[n].State == Wrong
		}
		return s.cfg.Store.PutRows(ctx, site, id, rows)
	})
}

// Apply starts to write a plan. One with errors is Conflict: they are corrected or left out first. With mail the caller hears of the end.
func (s *Service) Apply(ctx context.Context, site domain.SiteID, id domain.ImportID, mail bool) (Import, error) {
	return s.step(ctx, site, id, []Phase{Ready}, Applying, doApply, func(_ context.Context, i *Import) error {
		i.tell(ctx, mail)
		switch {
		case i.Counts.Error > 0:
			return fault.New(fault.Conflict, "%s. Correct them or leave them out first.", fault.Count(fault.Of{N: i.Counts.Error, One: "row has an error", Many: "rows have errors"}))
		case i.Counts.Add+i.Counts.Change == 0:
			return fault.New(fault.Conflict, "This plan changes nothing.")
		}
		return nil
	})
}

// Undo starts to take an applied import back. With mail the caller hears of the end.
func (s *Service) Undo(ctx context.Context, site domain.SiteID, id domain.ImportID, mail bool) (Import, error) {
	return s.step(ctx, site, id, []Phase{Applied}, Undoing, doUndo, func(_ context.Context, i *Import) error {
		i.tell(ctx, mail)
		return nil
	})
}

// Again makes a plan anew that was undone or could not be applied: the site may have changed since.
func (s *Service) Again(ctx context.Context, site domain.SiteID, id domain.ImportID) (Import, error) {
	return s.step(ctx, site, id, []Phase{Ready, Undone, Cancelled, Failed}, Planning, doPlan, func(context.Context, *Import) error { return nil })
}

// Cancel gives an import up before it is applied; running work ends without a trace.
func (s *Service) Cancel(ctx context.Context, site domain.SiteID, id domain.ImportID) (Import, error) {
	s.mu.Lock()
	if p := s.running[id]; p != nil {
		p.given = true
		p.cancel()
	}
	s.mu.Unlock()
	return s.step(ctx, site, id, []Phase{Planning, Ready, Applying}, Cancelled, "", func(context.Context, *Import) error { return nil })
}

// step moves an import from one phase to the next, with the work that follows.
func (s *Service) step(ctx context.Context, site domain.SiteID, id domain.ImportID, from []Phase, to Phase, work string, first func(ctx context.Context, i *Import) error) (Import, error) {
	var out Import
	err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		i, err := s.cfg.Store.LockImport(ctx, site, id)
		if err != nil {
			return err
		}
		if err := phaseOf(i, from); err != nil {
			return err
		}
		if i.Revision, err = account.Revise(ctx, i.Revision); err != nil {
			return err
		}
		i.Tell = domain.AccountID{}
		if err := first(ctx, &i); err != nil {
			return err
		}
		i.Phase, i.Blocked, i.Message = to, nil, ""
		if out = i; work == "" {
			return s.cfg.Store.SaveImport(ctx, i)
		}
		if err := s.cfg.Store.SaveImport(ctx, i); err != nil {
			return err
		}
		return s.later(ctx, i, work)
	})
	return out, err
}

func phaseOf(i Import, from []Phase) error {
	for _, phase := range from {
		if i.Phase == phase {
			return nil
		}
	}
	return fault.New(fault.Conflict, "This import is %s.", phaseWords[i.Phase])
}

var phaseWords = map[Phase]string{
	Planning: "being planned", Ready: "planned, and not applied", Applying: "being applied", Applied: "applied", Undoing: "being undone",
	Undone: "undone", Cancelled: "cancelled", Failed: "not applied, because it failed",
}

// Purge drops what is older than a month: plans hold people's data.
func (s *Service) Purge(ctx context.Context) error {
	return s.cfg.Store.PurgeImports(account.AsSystem(ctx, "imports"), s.now().Add(-kept))
}

// errNotOurs: the import went on without this piece of work.
var errNotOurs = errors.New("the import is in another phase")
