package template

import (
	"slices"
	"strings"

	"vestibule/cloud/sheet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Row is one row of a plan.
type Row struct {
	N       int      // its place in the plan, from 0
	Sheet   string   // the name of its sheet; empty for CSV
	Line    int      // the row as programs count them; 0: made here
	Cells   []string // in the order of the form's columns
	LeftOut bool
	State   State
	Faults  []Fault
	Notes   []Fault // warnings
	Changes []Change
}

// State says what a row does.
type State string

// States of rows.
const (
	Adds    State = "add"
	Changes State = "change"
	Same    State = "same"
	Wrong   State = "error"
	Left    State = "left_out"
)

// Fault is what is wrong, or odd, with one cell.
type Fault struct {
	Column  string `json:"column"` // the key; empty: the whole row
	Code    Code   `json:"code"`
	Value   string `json:"value,omitempty"`
	Message string `json:"message"`
}

// Change is one thing that a row does.
type Change struct {
	Object string  `json:"object"`
	Name   string  `json:"name"`
	Action string  `json:"action"`
	Fields []Field `json:"fields,omitempty"`
}

// Field is one field of a change.
type Field struct {
	Name   string `json:"name"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Reading is what was read of a file.
type Reading struct {
	Rows  []Row
	Notes []string // of the whole file
	// Languages of titles do not matter; a file without titles is read in the order of the guides.
	Untitled bool
}

// titleRows is how far down a row of titles is looked for.
const titleRows = 10

// Read reads a file by a form. A file that does not fit at all is Invalid at "file".
func Read(form Form, raw []byte) (Reading, error) {
	book, err := sheet.Read(raw)
	if err != nil {
		return Reading{}, err
	}
	var out Reading
	if len(book.Hidden) > 0 {
		out.Notes = append(out.Notes, "Hidden sheets were passed over: "+strings.Join(book.Hidden, ", ")+".")
	}
	var best missing
	for _, s := range book.Sheets {
		at, columns, lacking := titles(form, s)
		if lacking == nil {
			if form.Kind == SingleCompany && slices.ContainsFunc(s.Rows[at].Cells, func(t string) bool { return multiCompanyForm.named(t) == 0 }) {
				return Reading{}, wrongTemplate(multiCompanyForm)
			}
			out.Notes = append(out.Notes, passedOver(form, s.Rows[at], columns)...)
			out.rows(form, s, s.Rows[at+1:], columns)
			return out, out.empty()
		}
		if best.titles == nil || len(lacking) < len(best.titles) {
			best = missing{s.Name, lacking, columns != nil}
		}
	}
	if s := book.Sheets[0]; !best.some && len(s.Rows) > 0 && form.first(s.Rows[0].Cells) {
		out.Untitled = true
		out.Notes = append(out.Notes, "The file has no titles; its columns were read in the order of the template.")
		columns := make([]int, len(form.Columns))
		for i := range columns {
			columns[i] = i
		}
		out.rows(form, s, s.Rows, columns)
		return out, out.empty()
	}
	return Reading{}, best.err(form, book)
}

func (r *Reading) empty() error {
	if len(r.Rows) > 0 {
		return nil
	}
	var f fault.Fields
	f.Add("file", "There are titles and no rows under them.")
	return f.Err()
}

// missing is what the best sheet of a book lacks.
type missing struct {
	sheet  string
	titles []string
	some   bool // some titles were found
}

func (m missing) err(form Form, book sheet.Book) error {
	var f fault.Fields
	where := ""
	if m.sheet != "" {
		where = " in the sheet " + m.sheet
	}
	for _, other := range Forms() {
		if other.Kind == form.Kind {
			continue
		}
		for _, s := range book.Sheets {
			if _, _, lacking := titles(other, s); lacking == nil && foreign(form, other, s) {
				return wrongTemplate(other)
			}
		}
	}
	f.Add("file", "Missing column: there is no column %s%s.", strings.Join(m.titles, ", "), where)
	return f.Err()
}

func wrongTemplate(is Form) error {
	var f fault.Fields
	f.Add("file", "%s: this is a sheet of another kind (%s). Download the template of this site.", string(WrongTemplate), string(is.Kind))
	return f.Err()
}

// foreign tells whether a sheet has a title that only the other form knows.
func foreign(form, other Form, s sheet.Sheet) bool {
	for _, row := range s.Rows[:min(len(s.Rows), titleRows)] {
		for _, cell := range row.Cells {
			if form.named(cell) < 0 && other.named(cell) >= 0 {
				return true
			}
		}
	}
	return false
}

// titles finds the row of titles of a sheet: for each of its columns the place in the form, -1 for unknown ones. lacking names required columns
// that the best row does not have, nil for none.
func titles(form Form, s sheet.Sheet) (at int, columns []int, lacking []string) {
	for _, c := range form.Columns {
		if c.Required {
			lacking = append(lacking, c.Title.In("en"))
		}
	}
	for i, row := range s.Rows[:min(len(s.Rows), titleRows)] {
		places := make([]int, len(row.Cells))
		seen := map[int]bool{}
		for j, cell := range row.Cells {
			places[j] = form.named(cell)
			if seen[places[j]] {
				places[j] = -1
			}
			seen[places[j]] = true
		}
		var without []string
		for k, c := range form.Columns {
			if c.Required && !seen[k] {
				without = append(without, c.Title.In("en"))
			}
		}
		delete(seen, -1)
		if without == nil {
			return i, places, nil
		}
		if len(seen) > 0 && len(without) <= len(lacking) {
			at, columns, lacking = i, places, without
		}
	}
	return at, columns, lacking
}

// passedOver names the columns that the form does not have.
func passedOver(form Form, row sheet.Row, columns []int) []string {
	var unknown []string
	for i, at := range columns {
		if at < 0 && row.Cells[i] != "" {
			unknown = append(unknown, row.Cells[i])
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return []string{"Columns without meaning here were passed over: " + strings.Join(unknown, ", ") + "."}
}

// rows takes rows of a sheet over. The example of a template is none of them.
func (r *Reading) rows(form Form, s sheet.Sheet, rows []sheet.Row, columns []int) {
	for _, from := range rows {
		row := Row{N: len(r.Rows), Sheet: s.Name, Line: from.Number, Cells: make([]string, len(form.Columns))}
		place := map[int]int{}
		for i, cell := range from.Cells {
			if i < len(columns) && columns[i] >= 0 {
				row.Cells[columns[i]] = cell
				place[i] = columns[i]
			}
		}
		if isExample(form, row.Cells) || strings.Join(row.Cells, "") == "" {
			continue
		}
		for _, note := range from.Notes {
			if at, ok := place[note.Column]; ok {
				row.Notes = append(row.Notes, readNote(form.Columns[at], note.Kind, row.Cells[at]))
			}
		}
		r.Rows = append(r.Rows, row)
	}
}

// readNote says what is odd with a cell of a file.
func readNote(c Column, kind sheet.NoteKind, value string) Fault {
	f := Fault{Column: c.Key, Value: value}
	switch kind {
	case sheet.Formula:
		f.Code, f.Message = FormulaRead, "This cell holds a formula; the result that was saved is read."
	case sheet.NoResult:
		f.Code, f.Message = FormulaEmpty, "This cell holds a formula without a saved result. Type its value."
	case sheet.Merged:
		f.Code, f.Message = MergedCells, "This cell is merged with others above; their value is read."
	case sheet.CutOff:
		f.Code, f.Message = TooLong, "This cell is longer than any field; the rest was left out."
	}
	return f
}

func isExample(form Form, cells []string) bool {
	for i, c := range form.Columns {
		if cells[i] != c.Example {
			return false
		}
	}
	return len(form.Columns) > 1
}

func isMAC(text string) bool {
	_, err := domain.ParseMAC(text)
	return err == nil
}

// Code names what is wrong with a cell.
type Code string

// Codes of faults, those of the guides' catalogue and a few more.
const (
	WrongTemplate      Code = "wrong_template"
	Required           Code = "required"
	TooLong            Code = "too_long"
	BadApt             Code = "bad_apt"
	AptLeadingHash     Code = "apt_leading_hash"
	BadFloor           Code = "bad_floor"
	MalformedDevice    Code = "malformed_device"
	MissingDeviceName  Code = "missing_device_name"
	UnknownDeviceType  Code = "unknown_device_type"
	BadMAC             Code = "bad_mac"
	MACNotRegistered   Code = "mac_not_registered"
	MACInUse           Code = "mac_in_use"
	DuplicateMAC       Code = "duplicate_mac"
	NeedsMonitor       Code = "basic_plan_needs_monitor"
	BadEmail           Code = "bad_email"
	EmailConflict      Code = "email_conflict"
	BadPhone           Code = "bad_phone"
	BadCallingCode     Code = "bad_calling_code"
	UnknownCallType    Code = "unknown_call_type"
	BadWebRelay        Code = "bad_web_relay_id"
	MalformedHandset   Code = "malformed_handset"
	UnknownIdentity    Code = "unknown_identity"
	DuplicateID        Code = "duplicate_id"
	BadSwitch          Code = "bad_switch"
	SecondResident     Code = "second_resident"
	Refused            Code = "refused" // by a rule of the forms; the message is the rule's
	FirmwareTooOld     Code = "firmware_too_old"
	HandsetWithoutS532 Code = "handset_without_s532"
	CallTypeIgnored    Code = "call_type_ignored"
	FloorsIgnored      Code = "floors_ignored"
	FormulaRead        Code = "formula"
	FormulaEmpty       Code = "formula_without_result"
	MergedCells        Code = "merged_cells"
	AlreadyThere       Code = "already_registered"
)
