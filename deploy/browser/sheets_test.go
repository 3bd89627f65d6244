package browser

import (
	"context"
	"testing"

	"vestibule/cloud/cloudtest"
)

// A community by a sheet, errors corrected in the grid, applied, undone, applied again; export and import; a bulk edit of 200 apartments and its
// undo; 10,000 rows scrolled; the pages in every look.
//
// shows BEY-08 by cloud/template/work.go: "if blocked, err = d.Undo(ctx, touched); err != nil {" => "if err = ctx.Err(); err != nil {"
func TestPortal_SheetsInAndOut(t *testing.T) {
	c := cloudtest.Start(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := drive(t, ctx, cancel, "sheets.spec.mjs", "VESTIBULE_SETUP_URL="+c.Cloud.SetupLink(), "VESTIBULE_LOOKS="+looks())
	if err := <-ended; err != nil {
		t.Fatalf("the run in the browser: %v", err)
	}
}
