package api_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"vestibule/cloud/cloudtest"
)

// drawn writes a random valid sheet of homes; taken keeps MACs apart.
func drawn(r *rand.Rand, taken map[string]bool) string {
	var out strings.Builder
	out.WriteString(homesSheet)
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for b := range 1 + r.IntN(3) {
		for n := range 1 + r.IntN(6) {
			device := ""
			if r.IntN(2) == 0 {
				mac := fmt.Sprintf("0C1105%06X", r.IntN(1<<24))
				if !taken[mac] {
					device = pick("Bell", "Küche 2") + "," + pick("2", "1", "3") + "," + mac
				}
				taken[mac] = true
			}
			cells := []string{pick("House ", "=Haus ", "-") + fmt.Sprint(b), "", fmt.Sprint(n + 101), pick("", "The Green", "@home"), device, "", "", "", "", "", "", "", "", "", "", ""}
			if r.IntN(3) > 0 {
				cells[1], cells[5], cells[6] = pick("", "All", "-1;G0;5"), pick("Lily", "+Ann", "Ö'Neil"), pick("Green", "van \"Dam\"")
				if r.IntN(2) == 0 {
					cells[8], cells[9], cells[11] = "14587444", pick("1", "+49"), pick("", "030123456")
				}
			}
			cells[13], cells[14], cells[15] = pick("", "0", "5"), pick("", "7"), pick("", "Hall,101;Bed,102")
			for i, c := range cells {
				cells[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			out.WriteString(strings.Join(cells, ";") + "\n")
		}
	}
	return out.String()
}

// Random valid sheets: what is exported changes nothing when it is read again, an undo gives the very export of before, and the export read there
// gives all of it again.
//
// shows BEY-08 by cloud/fleet/undo.go: "if err := u.restore(ctx, t); err != nil {" => "if err := error(nil); err != nil {"
// shows BEY-23 by cloud/template/export.go: "values["handsets"] = strings.Join(handsets, ";")"
// shows BEY-08 by cloud/template/export.go: "values["floors"] = floorsOut(p.Form.Floors)"
func TestImport_RandomSheetsRoundTripAndUndo(t *testing.T) {
	srv := cloudtest.Start(t, "")
	h := cloudtest.NewHouse(t, srv)
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 8)) //nolint:gosec // tests replay
		s := sheets{h.Installer, siteOf(t, h.Installer, "community", fmt.Sprintf("Seed %d", seed))}
		taken := map[string]bool{}
		for round := range 3 {
			before := s.export(t)
			text := drawn(r, taken)
			p := s.upload(t, text)
			if p.Counts.Error > 0 || p.Counts.Add+p.Counts.Change == 0 {
				t.Fatalf("seed %d round %d: %+v %s", seed, round, p, codes(s.rows(t, p.ID, "")))
			}
			if p = s.act(t, p.ID, "apply"); p.Phase != "applied" {
				t.Fatalf("seed %d round %d: %+v", seed, round, p)
			}
			out := s.export(t)
			if again := s.upload(t, out); again.Counts.Same != again.Counts.Rows {
				t.Fatalf("seed %d round %d: %+v\n%s", seed, round, s.rows(t, again.ID, ""), out)
			}
			if p = s.act(t, p.ID, "undo"); p.Phase != "undone" || s.export(t) != before {
				t.Fatalf("seed %d round %d: %+v\n%s\n%s", seed, round, p, before, s.export(t))
			}
			if p = s.act(t, s.upload(t, out).ID, "apply"); p.Phase != "applied" || s.export(t) != out {
				t.Fatalf("seed %d round %d: what was exported is not what comes back: %+v\n%s\n%s", seed, round, p, out, s.export(t))
			}
			if again := s.upload(t, text); again.Counts.Same != again.Counts.Rows {
				t.Fatalf("seed %d round %d: the export lost something: %+v\n%s", seed, round, s.rows(t, again.ID, ""), out)
			}
		}
	}
}
