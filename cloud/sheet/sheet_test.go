package sheet_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"vestibule/cloud/sheet"
	"vestibule/shared/fault"
)

func cellsOf(t *testing.T, raw []byte) [][]string {
	t.Helper()
	book, err := sheet.Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for _, row := range book.Sheets[0].Rows {
		out = append(out, row.Cells)
	}
	return out
}

func TestRead_CSVInTheEncodingsThatPeopleHave(t *testing.T) {
	want := [][]string{{"Building", "Apt"}, {"Bürgerhaus", "101"}, {"", "0102"}}
	text := "Building;Apt\r\nBürgerhaus;101\r\n\r\n;0102\r\n"
	utf16 := func(low int) []byte {
		var out []byte
		for _, r := range text {
			pair := []byte{byte(r), byte(r >> 8)}
			out = append(out, pair[low], pair[1-low])
		}
		return out
	}
	for name, raw := range map[string][]byte{
		"UTF-8":              []byte(text),
		"UTF-8 with a mark":  []byte("\xef\xbb\xbf" + text),
		"UTF-16 LE":          append([]byte("\xff\xfe"), utf16(0)...),
		"UTF-16 BE":          append([]byte("\xfe\xff"), utf16(1)...),
		"UTF-16 LE unmarked": utf16(0),
		"UTF-16 BE unmarked": utf16(1),
		"Windows-1252":       bytes.ReplaceAll([]byte(text), []byte("ü"), []byte{0xfc}),
		"commas":             []byte(strings.ReplaceAll(text, ";", ",")),
		"tabs":               []byte(strings.ReplaceAll(text, ";", "\t")),
		"a line sep=":        []byte("sep=|\r\n" + strings.ReplaceAll(text, ";", "|")),
	} {
		if got := cellsOf(t, raw); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	book, err := sheet.Read([]byte(text))
	if err != nil || book.Sheets[0].Rows[2].Number != 4 {
		t.Fatalf("rows are counted as programs show them: %+v %v", book.Sheets[0].Rows, err)
	}
}

func TestRead_RefusesWhatItCannotReadAndSaysWhatToDo(t *testing.T) {
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	part, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 120 {
		if _, err := part.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f := excelize.NewFile()
	var locked bytes.Buffer
	if err := f.Write(&locked, excelize.Options{Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		raw  []byte
		says string
	}{
		"nothing":         {[]byte(" \n"), "empty"},
		"a bomb":          {bomb.Bytes(), "larger than 96 MiB"},
		"200 MB":          {make([]byte, 200<<20), "At most 16 MiB"},
		"a password":      {locked.Bytes(), "protected by a password"},
		"an old file":     {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 100)...), "Save it as .xlsx"},
		"a broken book":   {[]byte("PK\x03\x04 and nothing else"), "damaged"},
		"a picture":       {append([]byte("\x89PNG\r\n"), 0, 0, 0, 0xff, 1, 0), "neither a spreadsheet nor text"},
		"too many fields": {[]byte(strings.Repeat("a,", 100)), "At most 64 columns"},
	} {
		_, err := sheet.Read(c.raw)
		fields := fault.FieldsOf(err)
		if len(fields) != 1 || fields[0].Path != "file" || !strings.Contains(fields[0].Msg, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRead_BookWithFormulasMergedCellsAndHiddenSheets(t *testing.T) {
	f := excelize.NewFile()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for at, value := range map[string]any{
		"A1": "Building", "B1": "Apt", "C1": "MAC", "A2": "North", "B2": "101", "B3": "102", "B4": 103, "C2": 410030000000, "C3": "0C11050B9814", "C4": 7,
	} {
		must(f.SetCellValue("Sheet1", at, value))
	}
	must(f.MergeCell("Sheet1", "A2", "A4"))
	must(f.SetCellFormula("Sheet1", "D2", "B2+1"))
	zeros := "000000"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &zeros})
	must(err)
	must(f.SetCellStyle("Sheet1", "C4", "C4", style))
	_, err = f.NewSheet("Lists")
	must(err)
	must(f.SetSheetVisible("Lists", false))
	var raw bytes.Buffer
	must(f.Write(&raw))
	book, err := sheet.Read(raw.Bytes())
	must(err)
	rows := book.Sheets[0].Rows
	if !reflect.DeepEqual(book.Hidden, []string{"Lists"}) || len(book.Sheets) != 1 || len(rows) != 4 {
		t.Fatalf("%+v", book)
	}
	if got := [][]string{rows[1].Cells, rows[2].Cells, rows[3].Cells}; !reflect.DeepEqual(got, [][]string{
		{"North", "101", "410030000000", ""}, {"North", "102", "0C11050B9814"}, {"North", "103", "000007"},
	}) {
		t.Errorf("%q", got)
	}
	if !reflect.DeepEqual(rows[1].Notes, []sheet.Note{{Column: 3, Kind: sheet.NoResult}}) || !reflect.DeepEqual(rows[3].Notes, []sheet.Note{{Column: 0, Kind: sheet.Merged}}) {
		t.Errorf("%+v %+v", rows[1].Notes, rows[3].Notes)
	}
}

// What is written is read again as it was, whatever it begins with, and a CSV file has no cell that begins a formula.
func TestWrite_ReadsBackTheSame(t *testing.T) {
	cell := rapid.StringMatching(`[=+\-@']{0,2}[A-Za-zäöü0-9;,"#' ]{0,12}`).Filter(func(s string) bool { return strings.TrimSpace(s) == s })
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 6).Draw(t, "width")
		table := sheet.Table{Name: "Homes"}
		want := [][]string{{}}
		for i := range width {
			title := string(rune('A' + i))
			table.Columns = append(table.Columns, sheet.Column{Title: title, Comment: "What it is.", Options: []string{"1", "2"}})
			want[0] = append(want[0], title)
		}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			row := rapid.SliceOfN(cell, width, width).Draw(t, "row")
			row[0] = "x" + row[0]
			row[width-1] += "y"
			table.Rows = append(table.Rows, row)
			want = append(want, row)
		}
		var book, text bytes.Buffer
		if err := sheet.WriteBook(&book, table); err != nil {
			t.Fatal(err)
		}
		if err := sheet.WriteCSV(&text, want); err != nil {
			t.Fatal(err)
		}
		for name, raw := range map[string][]byte{"xlsx": book.Bytes(), "csv": text.Bytes()} {
			got, err := sheet.Read(raw)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range got.Sheets[0].Rows {
				if !reflect.DeepEqual(row.Cells, want[i]) {
					t.Fatalf("%s: wrote %q, read %q", name, want[i], row.Cells)
				}
			}
			if len(got.Sheets[0].Rows) != len(want) {
				t.Fatalf("%s: wrote %d rows, read %d", name, len(want), len(got.Sheets[0].Rows))
			}
		}
	})
}

func TestWriteCSV_DefusesFormulas(t *testing.T) {
	var out bytes.Buffer
	if err := sheet.WriteCSV(&out, [][]string{{"=cmd|' /C calc'!A0", "+49 30", "-1", "@x", "101"}}); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimPrefix(out.String(), "\xef\xbb\xbf"); got != "'=cmd|' /C calc'!A0,'+49 30,'-1,'@x,101\r\n" {
		t.Fatal(got)
	}
}

// A template opens with its comments and lists of values.
func TestWriteBook_HasCommentsAndLists(t *testing.T) {
	var out bytes.Buffer
	table := sheet.Table{
		Name: "Homes", Columns: []sheet.Column{{Title: "Building", Comment: "Its name."}, {Title: "CallType", Options: []string{"0", "1"}}},
		Example: []string{"Seaside", "1"},
	}
	if err := sheet.WriteBook(&out, table); err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("KEEP_TEMPLATE"); path != "" {
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	comments, err := f.GetComments("Homes")
	if err != nil || len(comments) != 1 || comments[0].Cell != "A1" || comments[0].Paragraph[0].Text != "Its name." {
		t.Fatalf("%+v %v", comments, err)
	}
	lists, err := f.GetDataValidations("Homes")
	if err != nil || len(lists) != 1 || lists[0].Formula1 != `"0,1"` || lists[0].Sqref != "B2:B20000" {
		t.Fatalf("%+v %v", lists, err)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"a;b\n1;2", "\xff\xfea\x00", "sep=,\n\"a\nb\",2", "\"", "\xfe\xff", "PK\x03\x04", "sep=\"\n", "\xe4;\xfc\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		book, err := sheet.Read(raw)
		if err != nil {
			if len(fault.FieldsOf(err)) == 0 {
				t.Fatalf("an error without words for the person: %v", err)
			}
			return
		}
		for _, s := range book.Sheets {
			last := 0
			for _, row := range s.Rows {
				if row.Number <= last {
					t.Fatalf("row %d after %d", row.Number, last)
				}
				last = row.Number
			}
		}
	})
}
