package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/template"
	"vestibule/shared/domain"
)

type importRow struct {
	ID        domain.ImportID `gorm:"primaryKey"`
	SiteID    domain.SiteID
	Kind      string
	Name      string
	Phase     string
	AccountID domain.AccountID
	Doc       importDoc `gorm:"serializer:json"`
	Revision  uint64
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

// importDoc is what nothing looks for.
type importDoc struct {
	By      string           `json:"by"`
	Counts  template.Counts  `json:"counts"`
	Notes   []string         `json:"notes,omitempty"`
	Blocked []string         `json:"blocked,omitempty"`
	Message string           `json:"message,omitempty"`
	DoneMS  int64            `json:"done_ms,omitempty"`
	BackMS  int64            `json:"back_ms,omitempty"`
	Tell    domain.AccountID `json:"tell,omitzero"`
}

func (importRow) TableName() string { return "imports" }

func (r importRow) noun() template.Import {
	i := template.Import{
		ID: r.ID, Site: r.SiteID, Kind: template.Kind(r.Kind), Name: r.Name, Phase: template.Phase(r.Phase), By: r.AccountID, ByName: r.Doc.By,
		Counts: r.Doc.Counts, Notes: r.Doc.Notes, Blocked: r.Doc.Blocked, Message: r.Doc.Message, Revision: r.Revision, MadeAt: fromMilli(r.CreatedAt), Tell: r.Doc.Tell,
	}
	if r.Doc.DoneMS != 0 {
		i.DoneAt = fromMilli(r.Doc.DoneMS)
	}
	if r.Doc.BackMS != 0 {
		i.BackAt = fromMilli(r.Doc.BackMS)
	}
	return i
}

type planRow struct {
	SiteID   domain.SiteID
	ImportID domain.ImportID `gorm:"primaryKey"`
	N        int             `gorm:"primaryKey;autoIncrement:false"`
	State    string
	Doc      planDoc `gorm:"serializer:json"`
}

type planDoc struct {
	Sheet   string            `json:"sheet,omitempty"`
	Line    int               `json:"line,omitempty"`
	Cells   []string          `json:"cells"`
	LeftOut bool              `json:"left_out,omitempty"`
	Faults  []template.Fault  `json:"faults,omitempty"`
	Notes   []template.Fault  `json:"notes,omitempty"`
	Changes []template.Change `json:"changes,omitempty"`
}

func (planRow) TableName() string { return "import_rows" }

type touchedRow struct {
	SiteID   domain.SiteID
	ImportID domain.ImportID `gorm:"primaryKey"`
	N        int             `gorm:"primaryKey;autoIncrement:false"`
	Doc      string
}

func (touchedRow) TableName() string { return "import_touched" }

// SaveImport adds or changes an import.
func (s *Store) SaveImport(ctx context.Context, i template.Import) error {
	r := importRow{
		ID: i.ID, SiteID: i.Site, Kind: string(i.Kind), Name: i.Name, Phase: string(i.Phase), AccountID: i.By, Revision: i.Revision, CreatedAt: i.MadeAt.UnixMilli(),
		Doc: importDoc{By: i.ByName, Counts: i.Counts, Notes: i.Notes, Blocked: i.Blocked, Message: i.Message, Tell: i.Tell},
	}
	if !i.DoneAt.IsZero() {
		r.Doc.DoneMS = i.DoneAt.UnixMilli()
	}
	if !i.BackAt.IsZero() {
		r.Doc.BackMS = i.BackAt.UnixMilli()
	}
	if err := s.SeeSite(ctx, i.Site); err != nil {
		return err
	}
	return wrap(s.conn(ctx).Save(&r).Error, "save import")
}

// Import gives one import of a site.
func (s *Store) Import(ctx context.Context, site domain.SiteID, id domain.ImportID) (template.Import, error) {
	return s.takeImport(s.in(ctx, site), id)
}

// LockImport gives one import and locks it until the transaction ends.
func (s *Store) LockImport(ctx context.Context, site domain.SiteID, id domain.ImportID) (template.Import, error) {
	return s.takeImport(s.forUpdate(s.in(ctx, site)), id)
}

func (s *Store) takeImport(query *gorm.DB, id domain.ImportID) (template.Import, error) {
	var r importRow
	if err := query.Where("id = ?", id).Take(&r).Error; err != nil {
		return template.Import{}, fmt.Errorf("read import: %w", missing(err, "This import"))
	}
	return r.noun(), nil
}

// Imports lists the imports of a site, the newest first.
func (s *Store) Imports(ctx context.Context, site domain.SiteID) ([]template.Import, error) {
	if err := s.SeeSite(ctx, site); err != nil {
		return nil, err
	}
	var rows []importRow
	if err := s.in(ctx, site).Order("created_at DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	out := make([]template.Import, len(rows))
	for i, r := range rows {
		out[i] = r.noun()
	}
	return out, nil
}

// DropImport deletes an import with its rows.
func (s *Store) DropImport(ctx context.Context, site domain.SiteID, id domain.ImportID) error {
	for _, of := range []struct {
		model  any
		column string
	}{{&touchedRow{}, "import_id"}, {&planRow{}, "import_id"}, {&importRow{}, "id"}} {
		if err := s.in(ctx, site).Where(of.column+" = ?", id).Delete(of.model).Error; err != nil {
			return fmt.Errorf("delete import: %w", err)
		}
	}
	return nil
}

// PurgeImports deletes what was made before a time.
func (s *Store) PurgeImports(ctx context.Context, before time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		old := s.conn(ctx).Model(&importRow{}).Select("id").Where("created_at < ?", before.UnixMilli())
		for _, model := range []any{&touchedRow{}, &planRow{}} {
			if err := s.conn(ctx).Where("import_id IN (?)", old).Delete(model).Error; err != nil {
				return fmt.Errorf("purge imports: %w", err)
			}
		}
		return wrap(s.conn(ctx).Where("created_at < ?", before.UnixMilli()).Delete(&importRow{}).Error, "purge imports")
	})
}

// PutRows writes the rows of a plan in the place of those there are.
func (s *Store) PutRows(ctx context.Context, site domain.SiteID, id domain.ImportID, rows []template.Row) error {
	if err := s.in(ctx, site).Where("import_id = ?", id).Delete(&planRow{}).Error; err != nil {
		return fmt.Errorf("save the rows of an import: %w", err)
	}
	for part := range slices.Chunk(rows, s.rowsAtOnce()) {
		out := make([]planRow, len(part))
		for i, r := range part {
			out[i] = planRow{SiteID: site, ImportID: id, N: r.N, State: string(r.State), Doc: planDoc{
				Sheet: r.Sheet, Line: r.Line, Cells: r.Cells, LeftOut: r.LeftOut, Faults: r.Faults, Notes: r.Notes, Changes: r.Changes,
			}}
		}
		if err := s.conn(ctx).Create(&out).Error; err != nil {
			return fmt.Errorf("save the rows of an import: %w", err)
		}
	}
	return nil
}

// Rows gives rows of a plan in the order of the sheet; a limit of zero is all of them.
func (s *Store) Rows(ctx context.Context, site domain.SiteID, id domain.ImportID, q template.Query) ([]template.Row, int, error) {
	query := s.in(ctx, site).Model(&planRow{}).Where("import_id = ?", id)
	if q.State != "" {
		query = query.Where("state = ?", string(q.State))
	}
	query = query.Session(&gorm.Session{})
	var total int64
	if err := query.Count(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count the rows of an import: %w", err)
	}
	part := query.Order("n").Offset(q.Offset)
	if q.Limit > 0 {
		part = part.Limit(q.Limit)
	}
	var rows []planRow
	if err := part.Find(&rows).Error; err != nil {
		return nil, 0, fmt.Errorf("read the rows of an import: %w", err)
	}
	out := make([]template.Row, len(rows))
	for i, r := range rows {
		out[i] = template.Row{
			N: r.N, State: template.State(r.State), Sheet: r.Doc.Sheet, Line: r.Doc.Line, Cells: r.Doc.Cells, LeftOut: r.Doc.LeftOut, Faults: r.Doc.Faults,
			Notes: r.Doc.Notes, Changes: r.Doc.Changes,
		}
	}
	return out, int(total), nil
}

// touchedPart is how many objects stand in one row.
const touchedPart = 300

// PutTouched keeps what an import made and changed.
func (s *Store) PutTouched(ctx context.Context, site domain.SiteID, id domain.ImportID, touched []fleet.Touched) error {
	if err := s.in(ctx, site).Where("import_id = ?", id).Delete(&touchedRow{}).Error; err != nil {
		return fmt.Errorf("save what an import touched: %w", err)
	}
	n := 0
	for part := range slices.Chunk(touched, touchedPart) {
		text, err := json.Marshal(part)
		if err != nil {
			return fmt.Errorf("save what an import touched: %w", err)
		}
		row := touchedRow{SiteID: site, ImportID: id, N: n, Doc: string(text)}
		if err := s.conn(ctx).Create(&row).Error; err != nil {
			return fmt.Errorf("save what an import touched: %w", err)
		}
		n++
	}
	return nil
}

// Touched gives what an import made and changed.
func (s *Store) Touched(ctx context.Context, site domain.SiteID, id domain.ImportID) ([]fleet.Touched, error) {
	var rows []touchedRow
	if err := s.in(ctx, site).Where("import_id = ?", id).Order("n").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what an import touched: %w", err)
	}
	var out []fleet.Touched
	for _, r := range rows {
		var part []fleet.Touched
		if err := json.Unmarshal([]byte(r.Doc), &part); err != nil {
			return nil, fmt.Errorf("read what an import touched: %w", err)
		}
		out = append(out, part...)
	}
	return out, nil
}

// EmailOwners tells who signs in with addresses, over the whole platform; it says nothing else of them.
func (s *Store) EmailOwners(ctx context.Context, org domain.OrgID, emails []string) (map[string]template.Owner, error) {
	folded := make(map[string]string, len(emails))
	for _, email := range emails {
		folded[account.FoldEmail(email)] = email
	}
	keys := make([]string, 0, len(folded))
	for key := range folded {
		keys = append(keys, key)
	}
	out := map[string]template.Owner{}
	for part := range slices.Chunk(keys, macChunk) {
		var rows []accountRow
		if err := s.conn(ctx).Where("email_folded IN ? AND deleted_at IS NULL", part).Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("look for e-mail addresses: %w", err)
		}
		for _, r := range rows {
			role := account.Role(r.Role)
			out[folded[r.EmailFolded]] = template.Owner{Person: r.PersonID, Resident: r.OrgID == org && (role == account.RoleResident || role == account.RoleFamily)}
		}
	}
	return out, nil
}
