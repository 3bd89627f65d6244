package sheet

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Column is one column of a table to be written.
type Column struct {
	Title    string
	Comment  string // shown when the mouse rests on the title
	Width    float64
	Required bool
	Options  []string // the values to choose from; others are refused by the program that fills the sheet in
}

// Table is a sheet to be written.
type Table struct {
	Name    string
	Columns []Column
	Example []string // a row that shows how to fill in; nil: none
	Rows    [][]string
}

// validated is how far down a sheet its cells are checked.
const validated = MaxRows

// WriteBook writes a table as a book. Every cell is text, so that leading zeros stay and nothing becomes a formula.
func WriteBook(out io.Writer, table Table) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", table.Name); err != nil {
		return fmt.Errorf("name the sheet: %w", err)
	}
	looks, err := newLooks(f)
	if err != nil {
		return err
	}
	if err := describe(f, table); err != nil {
		return err
	}
	if err := fill(f, table, looks); err != nil {
		return err
	}
	return f.Write(out)
}

// looks are the styles of a book.
type looks struct{ head, needed, text, example int }

func newLooks(f *excelize.File) (looks, error) {
	var l looks
	for at, style := range map[*int]*excelize.Style{
		&l.text:    {NumFmt: 49},
		&l.head:    {NumFmt: 49, Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E6F2F0"}}},
		&l.needed:  {NumFmt: 49, Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"9FD8CF"}}},
		&l.example: {NumFmt: 49, Font: &excelize.Font{Italic: true, Color: "767676"}},
	} {
		id, err := f.NewStyle(style)
		if err != nil {
			return l, fmt.Errorf("style of a sheet: %w", err)
		}
		*at = id
	}
	return l, nil
}

// describe adds comments and lists of values.
func describe(f *excelize.File, table Table) error {
	for i, column := range table.Columns {
		letter, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
		if column.Comment != "" {
			lines := strings.Count(column.Comment, "\n") + 1 + len(column.Comment)/40
			err := f.AddComment(table.Name, excelize.Comment{
				Cell: letter + "1", Author: "Vestibule", Paragraph: []excelize.RichTextRun{{Text: column.Comment}}, Width: 260, Height: uint(30 + 18*lines),
			})
			if err != nil {
				return fmt.Errorf("comment of a column: %w", err)
			}
		}
		if len(column.Options) == 0 {
			continue
		}
		choice := excelize.NewDataValidation(true)
		choice.Sqref = fmt.Sprintf("%s2:%s%d", letter, letter, validated)
		if err := choice.SetDropList(column.Options); err != nil {
			return fmt.Errorf("list of values: %w", err)
		}
		choice.SetError(excelize.DataValidationErrorStyleStop, column.Title, strings.Join(column.Options, ", "))
		if err := f.AddDataValidation(table.Name, choice); err != nil {
			return fmt.Errorf("list of values: %w", err)
		}
	}
	return nil
}

// fill streams the rows, so that a long table needs little memory.
func fill(f *excelize.File, table Table, l looks) error {
	w, err := f.NewStreamWriter(table.Name)
	if err != nil {
		return fmt.Errorf("write the sheet: %w", err)
	}
	for i, column := range table.Columns {
		if err := w.SetColWidth(i+1, i+1, max(column.Width, 10)); err != nil {
			return fmt.Errorf("width of a column: %w", err)
		}
		if err := w.SetColStyle(i+1, i+1, l.text); err != nil {
			return fmt.Errorf("style of a column: %w", err)
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("freeze the head: %w", err)
	}
	head := make([]any, len(table.Columns))
	for i, column := range table.Columns {
		style := l.head
		if column.Required {
			style = l.needed
		}
		head[i] = excelize.Cell{StyleID: style, Value: column.Title}
	}
	row := 1
	next := func(cells []any) error {
		err := w.SetRow(fmt.Sprintf("A%d", row), cells)
		row++
		return err
	}
	if err := next(head); err != nil {
		return fmt.Errorf("write the head: %w", err)
	}
	if table.Example != nil {
		if err := next(texts(table.Example, l.example)); err != nil {
			return fmt.Errorf("write the example: %w", err)
		}
	}
	for _, cells := range table.Rows {
		if err := next(texts(cells, l.text)); err != nil {
			return fmt.Errorf("write a row: %w", err)
		}
	}
	return w.Flush()
}

// texts makes cells of texts. What would lose its apostrophe when it is read again gets a second one.
func texts(row []string, style int) []any {
	cells := make([]any, len(row))
	for i, text := range row {
		if bare(text) != text {
			text = "'" + text
		}
		cells[i] = excelize.Cell{StyleID: style, Value: text}
	}
	return cells
}
