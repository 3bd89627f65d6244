package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"
)

// formulas are the cells of a sheet that hold one: by row from 1 and column from 0, with whether the result was saved.
type formulas map[int]map[int]bool

func (f formulas) note(row *Row) {
	for column, saved := range f[row.Number] {
		kind := Formula
		if !saved {
			kind = NoResult
		}
		for len(row.Cells) <= column {
			row.Cells = append(row.Cells, "")
		}
		row.Notes = append(row.Notes, Note{Column: column, Kind: kind})
	}
}

// formulaCells finds formulas in the part of a sheet: the library would load every sheet a second time to tell.
func formulaCells(parts *zip.Reader, name string) (formulas, error) {
	part, err := sheetPart(parts, name)
	if err != nil || part == nil {
		return nil, err
	}
	text, err := readPart(part)
	if err != nil || !bytes.Contains(text, []byte("<f>")) && !bytes.Contains(text, []byte("<f ")) && !bytes.Contains(text, []byte("<f/")) && !bytes.Contains(text, []byte(":f>")) {
		return nil, err
	}
	out := formulas{}
	decoder := xml.NewDecoder(bytes.NewReader(text))
	for {
		token, err := decoder.Token()
		if err != nil {
			return out, nil //nolint:nilerr // the library reads the sheet and says what is wrong with it
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "c" {
			continue
		}
		var cell struct {
			At      string  `xml:"r,attr"`
			Formula *string `xml:"f"`
			Value   *string `xml:"v"`
		}
		if decoder.DecodeElement(&cell, &start) != nil || cell.Formula == nil {
			continue
		}
		column, row, err := excelize.CellNameToCoordinates(cell.At)
		if err != nil || column > maxColumns {
			continue
		}
		if out[row] == nil {
			out[row] = map[int]bool{}
		}
		out[row][column-1] = cell.Value != nil
	}
}

// sheetPart finds the part of a sheet by its name.
func sheetPart(parts *zip.Reader, name string) (*zip.File, error) {
	var book struct {
		Sheets []struct {
			Name string     `xml:"name,attr"`
			All  []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		Links []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	for file, into := range map[string]any{"xl/workbook.xml": &book, "xl/_rels/workbook.xml.rels": &links} {
		part := named(parts, file)
		if part == nil {
			return nil, nil //nolint:nilnil // a book of another make: the library reads it, and formulas give their results
		}
		text, err := readPart(part)
		if err != nil {
			return nil, err
		}
		if xml.Unmarshal(text, into) != nil {
			return nil, unreadable("The book is damaged. Save it again.")
		}
	}
	for _, s := range book.Sheets {
		for _, attr := range s.All {
			for _, l := range links.Links {
				if s.Name == name && attr.Name.Local == "id" && attr.Value == l.ID {
					return named(parts, inBook(l.Target)), nil
				}
			}
		}
	}
	return nil, nil //nolint:nilnil // see above
}

func inBook(target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(target, "/")
	}
	return path.Join("xl", target)
}

func named(parts *zip.Reader, name string) *zip.File {
	for _, part := range parts.File {
		if strings.EqualFold(part.Name, name) {
			return part
		}
	}
	return nil
}

func readPart(part *zip.File) ([]byte, error) {
	in, err := part.Open()
	if err != nil {
		return nil, unreadable("The book is damaged. Save it again.")
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxUnzipped))
	if err != nil {
		return nil, unreadable("The book is damaged. Save it again.")
	}
	return text, nil
}
