package fleet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"vestibule/shared/fault"
)

// MaxMACFile is the most bytes of a list of MACs.
const MaxMACFile = 1 << 20

// MACText is a text that should be a MAC, and where it stood.
type MACText struct{ Text, Path string }

// MACTexts names each text by its place in a list at path.
func MACTexts(texts []string, path string) []MACText {
	out := make([]MACText, len(texts))
	for i, text := range texts {
		out[i] = MACText{Text: text, Path: path + "[" + strconv.Itoa(i) + "]"}
	}
	return out
}

// ReadMACFile reads the list that a distributor hands out: one MAC per line, or a table parted by commas, semicolons or tabs whose column is headed
// MAC; without such a heading the first column counts. Empty lines are passed over. Paths name lines from 1.
func ReadMACFile(raw []byte) ([]MACText, error) {
	var f fault.Fields
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	f.Check(len(raw) <= MaxMACFile, "file", "At most 1 MiB.")
	f.Check(utf8.Valid(raw) && !bytes.ContainsRune(raw, 0), "file", "A text file in UTF-8, such as CSV.")
	if err := f.Err(); err != nil {
		return nil, err
	}
	table := csv.NewReader(bytes.NewReader(raw))
	table.Comma, table.FieldsPerRecord, table.LazyQuotes, table.TrimLeadingSpace = comma(raw), -1, true, true
	var out []MACText
	for column, first := 0, true; ; first = false {
		row, err := table.Read()
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			f.Add("file", "This is no list or table.")
			return nil, f.Err()
		}
		if at, ok := heading(row); first && ok {
			column = at
			continue
		}
		text := ""
		if column < len(row) {
			text = strings.TrimSpace(row[column])
		}
		if text == "" && strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		line, _ := table.FieldPos(0)
		out = append(out, MACText{Text: text, Path: "line[" + strconv.Itoa(line) + "]"})
	}
}

// comma finds what parts the columns of a table: what stands in its first line.
func comma(raw []byte) rune {
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	for _, c := range ";\t" {
		if bytes.ContainsRune(line, c) {
			return c
		}
	}
	return ','
}

// heading finds the column headed MAC in the first row.
func heading(row []string) (int, bool) {
	for i, cell := range row {
		switch strings.ToLower(strings.TrimSpace(cell)) {
		case "mac", "mac address", "macs":
			return i, true
		}
	}
	return 0, false
}
