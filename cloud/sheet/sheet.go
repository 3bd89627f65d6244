package sheet

import (
	"bytes"
	"strings"

	"vestibule/shared/fault"
)

// Bounds of a file.
const (
	MaxFile     = 16 << 20 // bytes
	maxUnzipped = 96 << 20 // bytes of all parts of a book
	maxParts    = 500      // of a book
	MaxRows     = 20_000   // of a sheet
	maxColumns  = 64
	maxCell     = 4096 // characters, as many as any cell of ours takes
	maxSheets   = 50
)

// Book is a file as it was read.
type Book struct {
	Sheets []Sheet
	Hidden []string // names of sheets that were passed over
}

// Sheet is one table of a book. A CSV file is a book with one sheet without a name.
type Sheet struct {
	Name string
	Rows []Row
}

// Row is a row that holds something. Number counts from 1, as programs show it.
type Row struct {
	Number int
	Cells  []string
	Notes  []Note
}

// NoteKind says what is odd with a cell.
type NoteKind string

// Kinds of notes.
const (
	Formula  NoteKind = "formula"   // the cell shows the result of a formula, and that was read
	NoResult NoteKind = "no_result" // of a formula that was saved without its result
	Merged   NoteKind = "merged"    // the cell is part of a merged one, and got its value
	CutOff   NoteKind = "cut_off"   // longer than a cell may be
)

// Note is what is odd with one cell of a row; Column counts from 0.
type Note struct {
	Column int
	Kind   NoteKind
}

// Marks of files that are no text.
var (
	zipMark = []byte("PK\x03\x04")
	oleMark = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	// encrypted is the name of the stream that holds a book behind a password, in UTF-16.
	encrypted = []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
)

// Read reads a book, whatever its name says: XLSX, else CSV. What cannot be read is Invalid, and the message says what to do.
func Read(raw []byte) (Book, error) {
	switch {
	case len(raw) > MaxFile:
		return Book{}, unreadable("At most %d MiB. Leave out pictures, or part the file.", MaxFile>>20)
	case len(bytes.TrimSpace(raw)) == 0:
		return Book{}, unreadable("The file is empty.")
	case bytes.HasPrefix(raw, oleMark) && bytes.Contains(raw, encrypted):
		return Book{}, unreadable("The book is protected by a password. Save it without one.")
	case bytes.HasPrefix(raw, oleMark):
		return Book{}, unreadable("This is a file of an old program. Save it as .xlsx or .csv.")
	case bytes.HasPrefix(raw, zipMark):
		return readBook(raw)
	}
	rows, err := readCSV(raw)
	return Book{Sheets: []Sheet{{Rows: rows}}}, err
}

// unreadable is the error of a file that cannot be read.
func unreadable(format string, args ...any) error {
	var f fault.Fields
	f.Add("file", format, args...)
	return f.Err()
}

// add adds a row unless it is empty, with every cell trimmed and bounded.
func add(rows []Row, row Row) []Row {
	empty := true
	for i, cell := range row.Cells {
		cell = bare(strings.TrimSpace(cell))
		if len(cell) > maxCell {
			cell = strings.ToValidUTF8(cell[:maxCell], "")
			row.Notes = append(row.Notes, Note{Column: i, Kind: CutOff})
		}
		row.Cells[i] = cell
		empty = empty && cell == ""
	}
	if empty && len(row.Notes) == 0 {
		return rows
	}
	return append(rows, row)
}

// opening are the characters with which a cell of a CSV file becomes a formula.
const opening = "=+-@\t\r"

// defused writes a cell so that no program takes it for a formula: with an apostrophe in front. bare takes it away again.
func defused(cell string) string {
	if formula(cell) || strings.HasPrefix(cell, "'") && formula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

func bare(cell string) string {
	if strings.HasPrefix(cell, "'") && formula(strings.TrimLeft(cell, "'")) {
		return cell[1:]
	}
	return cell
}

func formula(cell string) bool { return cell != "" && strings.ContainsRune(opening, rune(cell[0])) }
