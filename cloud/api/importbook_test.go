package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"vestibule/cloud/cloudtest"
)

// badBook is a book as people make them: a formula with its result and one without, a name merged over two rows, and a hidden sheet that would be one
// row more.
func badBook(t *testing.T) string {
	t.Helper()
	f := excelize.NewFile()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for at, value := range map[string]any{"A1": "Building", "B1": "Apt", "C1": "AptName", "A2": "Seaside", "B2": 101, "C2": "x", "B3": 102, "A4": "Quay"} {
		must(f.SetCellValue("Sheet1", at, value))
	}
	must(f.MergeCell("Sheet1", "A2", "A3"))
	must(f.SetCellFormula("Sheet1", "B4", "B2+2"))
	_, err := f.NewSheet("Old")
	must(err)
	must(f.SetCellValue("Old", "A1", "Building"))
	must(f.SetCellValue("Old", "B1", "Apt"))
	must(f.SetCellValue("Old", "A2", "Hidden"))
	must(f.SetCellValue("Old", "B2", 999))
	must(f.SetSheetVisible("Old", false))
	var out bytes.Buffer
	must(f.Write(&out))
	return out.String()
}

// shows BEY-23 by cloud/sheet/book.go: "merged.fill(&row)"
func TestImport_BooksWithFormulasMergedCellsAndHiddenSheets(t *testing.T) {
	srv := cloudtest.Start(t, "")
	h := cloudtest.NewHouse(t, srv)
	s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
	before := s.export(t)
	p := s.upload(t, badBook(t))
	rows := s.rows(t, p.ID, "")
	if got := codes(rows); got != "4:apt/formula_without_result 4:apt/required" {
		t.Errorf("faults: %s", got)
	}
	if got := notesOf(rows); !strings.Contains(got, "3:building/merged_cells") || !strings.Contains(got, "4:apt/formula_without_result") {
		t.Errorf("notes: %s", got)
	}
	if len(rows) != 3 || rows[1].Cells[0] != "Seaside" || rows[1].Sheet != "Sheet1" || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "Old") {
		t.Errorf("%+v %+v", p.Notes, rows)
	}
	if s.export(t) != before {
		t.Error("something was written")
	}
	cloudtest.Want[plan](t, s.Client, http.StatusOK, http.MethodPut, s.site+"/imports/"+p.ID+"/rows", cloudtest.Object{
		"rows": []cloudtest.Object{{"n": 2, "cells": cloudtest.Object{"apt": "103"}}},
	})
	if p = s.settled(t, p.ID); p.Counts.Error != 0 || p.Counts.Add != 3 {
		t.Errorf("corrected: %+v %s", p, codes(s.rows(t, p.ID, "")))
	}
}

// A MAC is the same however it is spelt.
//
// shows TPL-07 by cloud/template/cells.go: "mac, macErr := domain.ParseMAC(fields[2])" => "mac, macErr := domain.MAC(fields[2]), error(nil)"
func TestImport_AMACInFourSpellings(t *testing.T) {
	srv := cloudtest.Start(t, "")
	h := cloudtest.NewHouse(t, srv)
	s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
	file := func(mac string) string { return "Building;Apt;Device\nA;101;\"Bell , 2, " + mac + " ;\"\n" }
	if p := s.act(t, s.upload(t, file("0c:11:05:0b:98:14")).ID, "apply"); p.Phase != "applied" || !strings.Contains(s.export(t), `"Bell,2,0C11050B9814"`) {
		t.Fatalf("%+v\n%s", p, s.export(t))
	}
	for _, mac := range []string{"0C11050B9814", "0C-11-05-0B-98-14", "0c11.050b.9814", "0C:11:05:0B:98:14"} {
		if p := s.upload(t, file(mac)); p.Counts.Same != 1 {
			t.Errorf("%s: %+v %s", mac, p, codes(s.rows(t, p.ID, "")))
		}
	}
}

// wrongRows is how many rows the sheet has of which one in a hundred is wrong.
const wrongRows = 300

// One row in a hundred is wrong: each is named, nothing is written until they are left out, and an undo gives the export of before.
//
// shows BEY-08 by cloud/template/service.go: "rows[n].LeftOut = rows[n].LeftOut || rows[n].State == Wrong"
func TestImport_OneRowInAHundredIsWrong(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, srv *cloudtest.Server) {
		h := cloudtest.NewHouse(t, srv)
		s := sheets{h.Installer, siteOf(t, h.Installer, "community", "Seaside")}
		s.act(t, s.upload(t, "Building;Apt;AptName\nHouse 0;100;Old\n").ID, "apply")
		before, version := s.export(t), s.version(t)
		var file, want strings.Builder
		file.WriteString("Building;Apt;Device;FirstName;LastName\n")
		for i := range wrongRows {
			apt := fmt.Sprint(100 + i%100)
			if i%100 == 37 {
				apt = "#" + apt
				fmt.Fprintf(&want, " %d:apt/apt_leading_hash", i+2)
			}
			fmt.Fprintf(&file, "House %d;%s;\"Bell,2,0C13%08X\";Lily;Green\n", i/100, apt, i)
		}
		p := s.upload(t, file.String())
		if got := codes(s.rows(t, p.ID, "?state=error")); got != want.String()[1:] || p.Counts.Error != wrongRows/100 {
			t.Fatalf("%d errors: %s", p.Counts.Error, got)
		}
		if a := s.Do(t, http.MethodPost, s.site+"/imports/"+p.ID+"/apply", nil); a.Status != http.StatusConflict {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		if s.export(t) != before || s.version(t) != version {
			t.Fatal("something was written")
		}
		cloudtest.Want[plan](t, s.Client, http.StatusOK, http.MethodPut, s.site+"/imports/"+p.ID+"/rows", cloudtest.Object{"all_errors": true})
		if p = s.settled(t, p.ID); p.Counts.LeftOut != wrongRows/100 || p.Counts.Add != wrongRows*99/100 {
			t.Fatalf("%+v", p)
		}
		if p = s.act(t, p.ID, "apply"); p.Phase != "applied" || s.version(t) != version+1 || strings.Count(s.export(t), "Lily") != wrongRows*99/100 {
			t.Fatalf("%+v", p)
		}
		if p = s.act(t, p.ID, "undo"); p.Phase != "undone" || s.export(t) != before {
			t.Fatalf("%+v", p)
		}
	})
}
