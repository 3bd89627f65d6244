package sheet

import (
	"archive/zip"
	"bytes"
	"regexp"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// readBook reads the sheets of a book that are not hidden. Cells give what they show, formulas their saved results.
func readBook(raw []byte) (Book, error) {
	parts, err := openParts(raw)
	if err != nil {
		return Book{}, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		return Book{}, unreadable("The book cannot be read. Save it again as .xlsx, or as .csv.")
	}
	defer f.Close()
	var book Book
	names := f.GetSheetList()
	if len(names) > maxSheets {
		return Book{}, unreadable("At most %d sheets; this book has %d.", maxSheets, len(names))
	}
	for _, name := range names {
		if visible, err := f.GetSheetVisible(name); err != nil || !visible {
			book.Hidden = append(book.Hidden, name)
			continue
		}
		rows, err := readRows(f, name, parts)
		if err != nil {
			return Book{}, err
		}
		book.Sheets = append(book.Sheets, Sheet{Name: name, Rows: rows})
	}
	if len(book.Sheets) == 0 {
		return Book{}, unreadable("Every sheet of this book is hidden. Show the one to read.")
	}
	return book, nil
}

// openParts looks at a book before anything is unpacked: a small file can hold endless data.
func openParts(raw []byte) (*zip.Reader, error) {
	parts, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, unreadable("The book is damaged. Save it again.")
	}
	var size uint64
	for _, part := range parts.File {
		size += part.UncompressedSize64
		if size > maxUnzipped || part.UncompressedSize64 > maxUnzipped {
			return nil, unreadable("Unpacked, this book is larger than %d MiB. Copy the rows into a new one.", maxUnzipped>>20)
		}
	}
	if len(parts.File) > maxParts {
		return nil, unreadable("This book has more than %d parts. Copy the rows into a new one.", maxParts)
	}
	return parts, nil
}

// scientific is how programs show long numbers in narrow columns, MACs of digits among them.
var scientific = regexp.MustCompile(`^-?[0-9](\.[0-9]+)?[Ee]\+?[0-9]+$`)

func readRows(f *excelize.File, name string, parts *zip.Reader) ([]Row, error) {
	merged, err := mergedCells(f, name)
	if err != nil {
		return nil, err
	}
	formulas, err := formulaCells(parts, name)
	if err != nil {
		return nil, err
	}
	cursor, err := f.Rows(name)
	if err != nil {
		return nil, unreadable("The sheet %s cannot be read.", name)
	}
	defer cursor.Close()
	var rows []Row
	for n := 1; cursor.Next(); n++ {
		cells, err := cursor.Columns()
		if err != nil {
			return nil, unreadable("Row %d of the sheet %s cannot be read.", n, name)
		}
		if len(cells) > maxColumns {
			cells = cells[:maxColumns]
		}
		row := Row{Number: n, Cells: cells}
		for i, cell := range cells {
			if scientific.MatchString(cell) {
				row.Cells[i] = wholeNumber(f, name, i, n, cell)
			}
		}
		merged.fill(&row)
		formulas.note(&row)
		if rows = add(rows, row); len(rows) > MaxRows {
			return nil, unreadable("At most %d rows. Part the file.", MaxRows)
		}
	}
	return rows, nil
}

// wholeNumber gives all digits of a number that is shown with an exponent.
func wholeNumber(f *excelize.File, name string, column, row int, shown string) string {
	at, err := excelize.CoordinatesToCellName(column+1, row)
	if err != nil {
		return shown
	}
	raw, err := f.GetCellValue(name, at, excelize.Options{RawCellValue: true})
	if err != nil {
		return shown
	}
	if number, err := strconv.ParseFloat(raw, 64); err == nil && number == float64(int64(number)) && scientific.MatchString(raw) {
		return strconv.FormatInt(int64(number), 10)
	}
	return raw
}

// span is a column of a merged range: its rows and its value.
type span struct {
	first, last int
	value       string
}

type spans map[int][]span // by column, from 0

// mergedCells gives merged ranges by their first column: that is where their value belongs, in each of their rows.
func mergedCells(f *excelize.File, name string) (spans, error) {
	ranges, err := f.GetMergeCells(name)
	if err != nil {
		return nil, unreadable("The merged cells of the sheet %s cannot be read.", name)
	}
	out := spans{}
	for _, r := range ranges {
		column, first, err := excelize.CellNameToCoordinates(r.GetStartAxis())
		if err != nil {
			continue
		}
		_, last, err := excelize.CellNameToCoordinates(r.GetEndAxis())
		if err != nil || last-first > MaxRows || column > maxColumns || first == last {
			continue
		}
		out[column-1] = append(out[column-1], span{first, last, r.GetCellValue()})
	}
	return out, nil
}

// fill writes the value of merged cells into a row that holds something else.
func (s spans) fill(row *Row) {
	if len(row.Cells) == 0 {
		return
	}
	for column, list := range s {
		for _, m := range list {
			if row.Number <= m.first || row.Number > m.last {
				continue
			}
			for len(row.Cells) <= column {
				row.Cells = append(row.Cells, "")
			}
			row.Cells[column] = m.value
			row.Notes = append(row.Notes, Note{Column: column, Kind: Merged})
		}
	}
}
