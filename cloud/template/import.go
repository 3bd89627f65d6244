package template

import (
	"context"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// Phase is where an import stands.
type Phase string

// Phases. Work of the queue leads out of Planning, Applying and Undoing.
const (
	Planning  Phase = "planning"
	Ready     Phase = "ready"
	Applying  Phase = "applying"
	Applied   Phase = "applied"
	Undoing   Phase = "undoing"
	Undone    Phase = "undone"
	Cancelled Phase = "cancelled"
	Failed    Phase = "failed"
)

// Counts says how many rows of each state a plan has, and what it touches.
type Counts struct {
	Rows    int `json:"rows"`
	Add     int `json:"add"`
	Change  int `json:"change"`
	Same    int `json:"same"`
	Error   int `json:"error"`
	LeftOut int `json:"left_out"`
	Warning int `json:"warning"` // rows with warnings
	Devices int `json:"devices"` // devices added or changed
	Homes   int `json:"homes"`   // apartments added, which want a service
}

// Import is a sheet on its way into a site.
type Import struct {
	ID       domain.ImportID
	Site     domain.SiteID
	Kind     Kind
	Name     string // of the file, or of the bulk edit
	Phase    Phase
	By       domain.AccountID
	ByName   string
	Counts   Counts
	Notes    []string // on the whole file
	Blocked  []string // what stands in the way of an undo
	Message  string   // why it failed
	Revision uint64   // one more at each change, so that two windows do not fight
	MadeAt   time.Time
	DoneAt   time.Time        // applied
	BackAt   time.Time        // undone
	Done     int              // progress of running work
	Tell     domain.AccountID // wants to hear of the end of the running work; zero: nobody
}

// Query asks for rows of a plan: from an offset on, of one state, or with warnings.
type Query struct {
	State  State
	Offset int
	Limit  int
}

// Store keeps imports. What the caller of the context may not see is NotFound.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	SaveImport(ctx context.Context, i Import) error // adds or changes
	Import(ctx context.Context, site domain.SiteID, id domain.ImportID) (Import, error)
	LockImport(ctx context.Context, site domain.SiteID, id domain.ImportID) (Import, error)
	Imports(ctx context.Context, site domain.SiteID) ([]Import, error) // the newest first
	DropImport(ctx context.Context, site domain.SiteID, id domain.ImportID) error
	PutRows(ctx context.Context, site domain.SiteID, id domain.ImportID, rows []Row) error // in the place of those there are
	Rows(ctx context.Context, site domain.SiteID, id domain.ImportID, q Query) (rows []Row, total int, err error)
	PutTouched(ctx context.Context, site domain.SiteID, id domain.ImportID, touched []fleet.Touched) error
	Touched(ctx context.Context, site domain.SiteID, id domain.ImportID) ([]fleet.Touched, error)
	PurgeImports(ctx context.Context, before time.Time) error
	// EmailOwners tells who signs in with addresses; resident: an account of people of the organisation.
	EmailOwners(ctx context.Context, org domain.OrgID, emails []string) (map[string]Owner, error)
}

// Outcome is how work came to its end.
type Outcome string

// Outcomes. Stopped work has changed nothing.
const (
	WasApplied Outcome = "applied"
	WasUndone  Outcome = "undone"
	WasStopped Outcome = "stopped"
)

// Told hears how the work of an import ended that somebody wanted to hear of; in the transaction of that end.
type Told func(ctx context.Context, to domain.AccountID, i Import, o Outcome) error

// tell notes that the caller wants to hear of the end of the work.
func (i *Import) tell(ctx context.Context, wanted bool) {
	if caller, ok := account.From(ctx); ok && wanted {
		i.Tell = caller.Account
	}
}
