package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// readCSV reads a table whose columns are parted by commas, semicolons or tabs.
func readCSV(raw []byte) ([]Row, error) {
	text := decode(raw)
	if strings.ContainsRune(text, 0) {
		return nil, unreadable("This is neither a spreadsheet nor text. Save it as .xlsx or .csv.")
	}
	skipped := 0
	comma := separator(text)
	if first, rest, _ := strings.Cut(text, "\n"); len(strings.TrimSpace(first)) == 5 && strings.HasPrefix(strings.ToLower(first), "sep=") {
		comma, text, skipped = rune(first[4]), rest, 1
		if comma >= utf8.RuneSelf || strings.ContainsRune("\"\r\n", comma) {
			return nil, unreadable("The line sep= names no character that can part columns.")
		}
	}
	table := csv.NewReader(bufio.NewReader(strings.NewReader(text)))
	table.Comma, table.FieldsPerRecord, table.LazyQuotes = comma, -1, true
	var rows []Row
	for {
		cells, err := table.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return nil, unreadable("This is no table.")
		case len(cells) > maxColumns:
			return nil, unreadable("At most %d columns; this has %d.", maxColumns, len(cells))
		case len(rows) == MaxRows:
			return nil, unreadable("At most %d rows. Part the file.", MaxRows)
		}
		line, _ := table.FieldPos(0)
		rows = add(rows, Row{Number: line + skipped, Cells: cells})
	}
}

// separator finds what parts columns: what stands most often outside quotes in the first line that holds something.
func separator(text string) rune {
	counts := map[rune]int{}
	quoted, seen := false, false
	for _, r := range text {
		if r == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if r == '\n' && seen {
			break
		}
		seen = seen || r != '\n' && r != '\r' && r != ' '
		counts[r]++
	}
	best := ','
	for _, r := range ";\t" {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

// decode finds the encoding of a text: by its mark, else UTF-16 by its zeros, UTF-8 when it is that, else what Windows writes in western Europe.
func decode(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(raw[3:]), "\uFFFD")
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		return wide(raw[2:], 0)
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		return wide(raw[2:], 1)
	}
	if at, is := unmarked(raw); is {
		return wide(raw, at)
	}
	if utf8.Valid(raw) {
		return string(raw)
	}
	var b strings.Builder
	for _, c := range raw {
		b.WriteRune(western(c))
	}
	return b.String()
}

// unmarked tells whether a text without mark is UTF-16, and where the low byte of each pair stands: Latin text has zeros in every other byte.
func unmarked(raw []byte) (low int, is bool) {
	part := raw[:min(len(raw), 1024)&^1]
	var zeros [2]int
	for i, c := range part {
		if c == 0 {
			zeros[i%2]++
		}
	}
	half := len(part) / 2
	switch {
	case half > 1 && zeros[1]*10 > half*7 && zeros[0] == 0:
		return 0, true
	case half > 1 && zeros[0]*10 > half*7 && zeros[1] == 0:
		return 1, true
	}
	return 0, false
}

// wide decodes UTF-16; low says where the low byte of each pair stands.
func wide(raw []byte, low int) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i+low]) | uint16(raw[2*i+1-low])<<8
	}
	return string(utf16.Decode(units))
}

// westernHigh are the characters of Windows-1252 from 0x80 to 0x9f; elsewhere it is Latin-1.
var westernHigh = []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")

func western(c byte) rune {
	if c >= 0x80 && c < 0xa0 {
		return westernHigh[c-0x80]
	}
	return rune(c)
}

// WriteCSV writes a table as CSV in UTF-8 with a mark, which every program takes. No cell can become a formula.
func WriteCSV(out io.Writer, rows [][]string) error {
	if _, err := io.WriteString(out, "\xef\xbb\xbf"); err != nil {
		return err
	}
	table := csv.NewWriter(out)
	table.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = defused(cell)
		}
		if err := table.Write(safe); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}
