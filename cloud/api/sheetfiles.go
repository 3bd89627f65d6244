package api

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"vestibule/cloud/account"
	"vestibule/cloud/template"
)

// ManagerRows is what a sheet of managers did, or would do.
type ManagerRows struct {
	Items   []ImportRow   `json:"items" nullable:"false"`
	Columns []SheetColumn `json:"columns" nullable:"false"`
}

// FormatQuery says how a template is written.
type FormatQuery struct {
	Format   string `query:"format" enum:"xlsx,csv" default:"xlsx"`
	Language string `query:"language" enum:"en,de" default:"en" doc:"Of titles and comments."`
}

// managerFiles are the sheets of an organisation: managers and MACs.
func (a *API) managerFiles() {
	for word, of := range map[string]struct {
		path  string
		form  template.Form
		right account.Right
	}{
		"manager": {"/managers/template", template.ManagerForms(), account.ManagersWrite}, "mac": {"/macs/template", template.MACForm(), account.MACsRead},
	} {
		route(a, http.MethodGet, of.path, "download-"+word+"-template", "The template of this sheet", func(_ context.Context, in *FormatQuery) (*huma.StreamResponse, error) {
			var out bytes.Buffer
			err := template.Write(&out, of.form, in.Format, in.Language, nil, true)
			return fileAnswer(out.Bytes(), "template."+in.Format, in.Format, err)
		}, needs(of.right), tag("imports"), answersLong("A file.", sheetTypes...))
	}
	route(a, http.MethodPost, "/managers/file", "import-managers", "Add and change managers by a sheet; without apply it only tells what would happen", func(ctx context.Context, in *struct {
		Apply    bool   `query:"apply"`
		Language string `query:"language" enum:"en,de" default:"en"`
		RawBody  []byte `contentType:"application/octet-stream"`
	},
	) (*Body[ManagerRows], error) {
		rows, err := a.Templates.ManagerFile(ctx, a.Account, a.Fleet, in.RawBody, in.Apply)
		out := ManagerRows{Items: make([]ImportRow, len(rows)), Columns: showForm(template.ManagerForms(), in.Language).Columns}
		for i, r := range rows {
			out.Items[i] = showImportRow(r)
		}
		return &Body[ManagerRows]{out}, err
	}, needs(account.ManagersWrite), tag("imports"))
}

// sheetTypes are what files of sheets are.
var sheetTypes = []string{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv"}
