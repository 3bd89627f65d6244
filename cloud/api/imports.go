package api

import (
	"bytes"
	"context"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
	"vestibule/cloud/template"
	"vestibule/shared/domain"
)

// SheetColumn is one column of the sheets of a site.
type SheetColumn struct {
	Key      string   `json:"key"`
	Title    string   `json:"title"`
	Hint     string   `json:"hint"`
	Options  []string `json:"options" nullable:"false" doc:"The only values; empty: any."`
	Required bool     `json:"required"`
	Bulk     bool     `json:"bulk" doc:"A bulk edit may set it."`
}

// SheetForm is the form of the sheets of a site.
type SheetForm struct {
	Kind    string        `json:"kind" enum:"community,office,single_company,multi_company"`
	Columns []SheetColumn `json:"columns" nullable:"false"`
}

// ImportCounts says how many rows of a plan do what.
type ImportCounts struct {
	Rows    int `json:"rows"`
	Add     int `json:"add"`
	Change  int `json:"change"`
	Same    int `json:"same"`
	Error   int `json:"error"`
	LeftOut int `json:"left_out"`
	Warning int `json:"warning" doc:"Rows with warnings."`
	Devices int `json:"devices" doc:"Devices that are added or changed."`
	Homes   int `json:"homes" doc:"Apartments that are added, and want a service."`
}

// Import is a sheet on its way into a site.
type Import struct {
	ID       string       `json:"id"`
	Kind     string       `json:"kind" enum:"community,office,single_company,multi_company"`
	Name     string       `json:"name" doc:"Of the file; empty for a bulk edit."`
	Phase    string       `json:"phase" enum:"planning,ready,applying,applied,undoing,undone,cancelled,failed"`
	By       string       `json:"by"`
	Counts   ImportCounts `json:"counts"`
	Done     int          `json:"done" doc:"Rows that running work is through with."`
	Notes    []string     `json:"notes" nullable:"false" doc:"On the whole file."`
	Blocked  []string     `json:"blocked" nullable:"false" doc:"What stands in the way of an undo."`
	Message  string       `json:"message" doc:"Why it is not applied."`
	MadeAt   time.Time    `json:"made_at"`
	DoneAt   *time.Time   `json:"done_at,omitempty"`
	BackAt   *time.Time   `json:"back_at,omitempty"`
	Revision uint64       `json:"revision" doc:"One more at each change; the ETag."`
}

// ImportFault is what is wrong, or odd, with one cell.
type ImportFault struct {
	Column  string `json:"column" doc:"The key of the column; empty: the whole row."`
	Code    string `json:"code"`
	Value   string `json:"value"`
	Message string `json:"message"`
}

// ImportField is one field of a change.
type ImportField struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// ImportChange is one thing that a row does.
type ImportChange struct {
	Object string        `json:"object"`
	Name   string        `json:"name"`
	Action string        `json:"action"`
	Fields []ImportField `json:"fields" nullable:"false"`
}

// ImportRow is one row of a plan.
type ImportRow struct {
	N       int            `json:"n" doc:"Its place in the plan, from 0."`
	Sheet   string         `json:"sheet"`
	Line    int            `json:"line" doc:"The row as programs count them; 0 for a bulk edit."`
	Cells   []string       `json:"cells" nullable:"false" doc:"In the order of the columns of the form."`
	State   string         `json:"state" enum:"add,change,same,error,left_out"`
	Faults  []ImportFault  `json:"faults" nullable:"false"`
	Notes   []ImportFault  `json:"notes" nullable:"false" doc:"Warnings."`
	Changes []ImportChange `json:"changes" nullable:"false"`
}

// ImportRows is a part of a plan.
type ImportRows struct {
	Items []ImportRow `json:"items" nullable:"false"`
	Total int         `json:"total"`
}

// ImportEdit is one row as somebody corrected it.
type ImportEdit struct {
	N       int               `json:"n" minimum:"0"`
	Cells   map[string]string `json:"cells,omitempty" doc:"By the keys of columns; others stay."`
	LeftOut *bool             `json:"left_out,omitempty"`
}

// ImportEdits are corrections of a plan.
type ImportEdits struct {
	Rows      []ImportEdit `json:"rows" nullable:"false" maxItems:"1000" required:"false"`
	AllErrors bool         `json:"all_errors,omitempty" doc:"Leave every row with an error out."`
}

// BulkInput is a bulk edit of homes.
type BulkInput struct {
	Apartments []string          `json:"apartments" nullable:"false" maxItems:"10000"`
	Set        map[string]string `json:"set" doc:"Values by the keys of columns."`
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func listed(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func showImport(i template.Import) Import {
	return Import{
		ID: i.ID.String(), Kind: string(i.Kind), Name: i.Name, Phase: string(i.Phase), By: i.ByName, Counts: ImportCounts(i.Counts), Done: i.Done,
		Notes: listed(i.Notes), Blocked: listed(i.Blocked), Message: i.Message, MadeAt: i.MadeAt, DoneAt: optional(i.DoneAt), BackAt: optional(i.BackAt),
		Revision: i.Revision,
	}
}

func showImportFaults(list []template.Fault) []ImportFault {
	out := make([]ImportFault, len(list))
	for i, f := range list {
		out[i] = ImportFault{Column: f.Column, Code: string(f.Code), Value: f.Value, Message: f.Message}
	}
	return out
}

func showImportRow(r template.Row) ImportRow {
	out := ImportRow{
		N: r.N, Sheet: r.Sheet, Line: r.Line, Cells: listed(r.Cells), State: string(r.State), Faults: showImportFaults(r.Faults), Notes: showImportFaults(r.Notes),
		Changes: make([]ImportChange, len(r.Changes)),
	}
	if out.State == "" {
		out.State = string(template.Same) // not planned yet
	}
	for i, c := range r.Changes {
		out.Changes[i] = ImportChange{Object: c.Object, Name: c.Name, Action: c.Action, Fields: make([]ImportField, len(c.Fields))}
		for j, f := range c.Fields {
			out.Changes[i].Fields[j] = ImportField(f)
		}
	}
	return out
}

func showForm(f template.Form, language string) SheetForm {
	out := SheetForm{Kind: string(f.Kind), Columns: make([]SheetColumn, len(f.Columns))}
	bulk := map[string]bool{}
	if f.Kind == template.Community {
		for _, key := range template.BulkColumns() {
			bulk[key] = true
		}
	}
	for i, c := range f.Columns {
		out.Columns[i] = SheetColumn{
			Key: c.Key, Title: c.Title.In(language), Hint: c.Hint.In(language), Options: listed(c.Options), Required: c.Required, Bulk: bulk[c.Key],
		}
	}
	return out
}

// SheetQuery says how a sheet is written.
type SheetQuery struct {
	SitePath
	Format   string `query:"format" enum:"xlsx,csv" default:"xlsx"`
	Language string `query:"language" enum:"en,de" default:"en" doc:"Of titles and comments."`
}

// ImportPath is one import of a path.
type ImportPath struct {
	SitePath
	Import string `path:"import"`
}

func (p ImportPath) id() domain.ImportID { return pathID[domain.ImportID](p.Import) }

// uploads is how much longer a file may be than other bodies.
func uploads(op *huma.Operation) {
	op.MaxBodyBytes, op.BodyReadTimeout = template.MaxFile+1<<20, time.Minute
}

// bodyLimit gives the most bytes of a request: files of sheets are longer than anything else.
func bodyLimit(r *http.Request) int64 {
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, Prefix+"/sites/") && path.Base(r.URL.Path) == "imports" {
		return template.MaxFile + 1<<20
	}
	return maxBody
}

func (a *API) imports() {
	route(a, http.MethodGet, "/sites/{site}/sheet", "get-sheet-form", "The columns of the sheets of a site", func(ctx context.Context, in *SheetQuery) (*Body[SheetForm], error) {
		form, err := a.Templates.FormAt(ctx, in.site())
		return &Body[SheetForm]{showForm(form, in.Language)}, err
	}, needs(account.SitesRead), tag("imports"))
	a.sheetFiles()
	route(a, http.MethodGet, "/sites/{site}/imports", "list-imports", "The imports of a site, the newest first", func(ctx context.Context, in *SitePath) (*Body[Page[Import]], error) {
		all, err := a.Templates.Imports(ctx, in.site())
		return pageOfItems(all, "", showImport), err
	}, needs(account.SitesWrite), tag("imports"))
	route(a, http.MethodPost, "/sites/{site}/imports", "upload-import", "Upload a sheet and plan it; nothing is changed yet", func(ctx context.Context, in *struct {
		SitePath
		Name    string `query:"name" maxLength:"200" doc:"Of the file."`
		RawBody []byte `contentType:"application/octet-stream"`
	},
	) (*Tagged[Import], error) {
		i, err := a.Templates.Upload(ctx, in.site(), fileName(in.Name), in.RawBody)
		return tagged(showImport(i), i.Revision, err)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("imports"), uploads)
	route(a, http.MethodPost, "/sites/{site}/bulk", "plan-bulk-edit", "Plan to set fields of many homes; nothing is changed yet", func(ctx context.Context, in *struct {
		SitePath
		Body BulkInput
	},
	) (*Tagged[Import], error) {
		var f ids
		homes := make([]domain.ApartmentID, len(in.Body.Apartments))
		for i, text := range in.Body.Apartments {
			homes[i] = bodyID[domain.ApartmentID](&f, "apartments", text)
		}
		if err := f.Err(); err != nil {
			return nil, err
		}
		i, err := a.Templates.Bulk(ctx, in.site(), homes, in.Body.Set)
		return tagged(showImport(i), i.Revision, err)
	}, status(http.StatusCreated), needs(account.SitesWrite), tag("imports"))
	a.oneImport()
	a.managerFiles()
}

// fileName keeps a name that can be shown; nothing is ever stored under it.
func fileName(name string) string {
	name = strings.ToValidUTF8(path.Base(strings.ReplaceAll(name, `\`, "/")), "")
	if name == "." || name == "/" || name == "" {
		name = "sheet"
	}
	for utf8.RuneCountInString(name) > 120 {
		name = name[:len(name)-1]
	}
	return strings.ToValidUTF8(name, "")
}

// sheetFiles are the files that are handed out.
func (a *API) sheetFiles() {
	route(a, http.MethodGet, "/sites/{site}/template", "download-template", "The template of a site, with comments and an example", func(ctx context.Context, in *SheetQuery) (*huma.StreamResponse, error) {
		var out bytes.Buffer
		err := a.Templates.Template(ctx, in.site(), &out, in.Format, in.Language)
		return fileAnswer(out.Bytes(), "template."+in.Format, in.Format, err)
	}, needs(account.SitesRead), tag("imports"), answersLong("A file.", sheetTypes...))
	route(a, http.MethodGet, "/sites/{site}/export", "export-site", "Everything of a site that can be imported; read again it changes nothing", func(ctx context.Context, in *SheetQuery) (*huma.StreamResponse, error) {
		var out bytes.Buffer
		err := a.Templates.Export(ctx, in.site(), &out, in.Format, in.Language)
		return fileAnswer(out.Bytes(), "export."+in.Format, in.Format, err)
	}, needs(account.SitesWrite), tag("imports"), answersLong("A file.", sheetTypes...))
}

func fileAnswer(file []byte, name, format string, err error) (*huma.StreamResponse, error) {
	if err != nil {
		return nil, err
	}
	kind := "text/csv; charset=utf-8"
	if format == "xlsx" {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		out, _, within := beginLong(c, kind, "Content-Disposition", `attachment; filename="`+name+`"`)
		within(answerWithin)
		_, _ = out.Write(file) // the reader is gone, or not
	}}, nil
}

func (a *API) oneImport() {
	const one = "/sites/{site}/imports/{import}"
	route(a, http.MethodGet, one, "get-import", "One import, with the progress of its work", func(ctx context.Context, in *ImportPath) (*Tagged[Import], error) {
		i, err := a.Templates.Import(ctx, in.site(), in.id())
		return tagged(showImport(i), i.Revision, err)
	}, needs(account.SitesWrite), tag("imports"))
	route(a, http.MethodGet, one+"/rows", "list-import-rows", "Rows of a plan", func(ctx context.Context, in *struct {
		ImportPath
		State  string `query:"state" enum:"add,change,same,error,left_out"`
		Offset int    `query:"offset" minimum:"0" maximum:"100000"`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	},
	) (*Body[ImportRows], error) {
		if _, err := a.Templates.Import(ctx, in.site(), in.id()); err != nil {
			return nil, err
		}
		rows, total, err := a.Templates.Rows(ctx, in.site(), in.id(), template.Query{State: template.State(in.State), Offset: in.Offset, Limit: in.Limit})
		out := ImportRows{Items: make([]ImportRow, len(rows)), Total: total}
		for i, r := range rows {
			out.Items[i] = showImportRow(r)
		}
		return &Body[ImportRows]{out}, err
	}, needs(account.SitesWrite), tag("imports"))
	route(a, http.MethodPut, one+"/rows", "edit-import-rows", "Correct rows or leave them out, and plan anew", func(ctx context.Context, in *struct {
		ImportPath
		IfMatch
		Body ImportEdits
	},
	) (*Tagged[Import], error) {
		if in.Body.AllErrors {
			i, err := a.Templates.LeaveOutErrors(ctx, in.site(), in.id())
			return tagged(showImport(i), i.Revision, err)
		}
		edits := make([]template.Edit, len(in.Body.Rows))
		for i, e := range in.Body.Rows {
			edits[i] = template.Edit(e)
		}
		i, err := a.Templates.EditRows(ctx, in.site(), in.id(), edits)
		return tagged(showImport(i), i.Revision, err)
	}, needs(account.SitesWrite), tag("imports"))
	a.importActs(one)
}

// importActs move an import from one phase to the next.
func (a *API) importActs(one string) {
	for _, act := range []struct {
		word, summary string
		do            func(ctx context.Context, site domain.SiteID, id domain.ImportID) (template.Import, error)
	}{
		{"plan", "Plan anew, because the site changed or the import was undone", func(ctx context.Context, site domain.SiteID, id domain.ImportID) (template.Import, error) {
			return a.Templates.Again(ctx, site, id)
		}},
		{"cancel", "Give an import up before it is applied", func(ctx context.Context, site domain.SiteID, id domain.ImportID) (template.Import, error) {
			return a.Templates.Cancel(ctx, site, id)
		}},
	} {
		route(a, http.MethodPost, one+"/"+act.word, act.word+"-import", act.summary, func(ctx context.Context, in *struct {
			ImportPath
			IfMatch
		},
		) (*Tagged[Import], error) {
			i, err := act.do(ctx, in.site(), in.id())
			return tagged(showImport(i), i.Revision, err)
		}, needs(account.SitesWrite), tag("imports"))
	}
	for _, act := range []struct {
		word, summary string
		do            func(ctx context.Context, site domain.SiteID, id domain.ImportID, mail bool) (template.Import, error)
	}{
		{"apply", "Apply a plan: all of it or nothing", func(ctx context.Context, site domain.SiteID, id domain.ImportID, mail bool) (template.Import, error) {
			return a.Templates.Apply(ctx, site, id, mail)
		}},
		{"undo", "Take an applied import back", func(ctx context.Context, site domain.SiteID, id domain.ImportID, mail bool) (template.Import, error) {
			return a.Templates.Undo(ctx, site, id, mail)
		}},
	} {
		route(a, http.MethodPost, one+"/"+act.word, act.word+"-import", act.summary, func(ctx context.Context, in *struct {
			ImportPath
			IfMatch
			Mail bool `query:"mail" doc:"Mail the caller when it is done, or stopped."`
		},
		) (*Tagged[Import], error) {
			i, err := act.do(ctx, in.site(), in.id(), in.Mail)
			return tagged(showImport(i), i.Revision, err)
		}, needs(account.SitesWrite), tag("imports"))
	}
}
