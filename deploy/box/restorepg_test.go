package box

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
)

// runbook gives the commands of a block of deploy/docs/backup.md as they stand there.
func runbook(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "docs", "backup.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```sh\n *# " + name + "\n(.*?)```").FindSubmatch(raw)
	if block == nil {
		t.Fatalf("the runbook has no block %q", name)
	}
	return string(block[1])
}

// operator runs commands of the runbook with a folder of the test's in place of /backup.
func operator(t *testing.T, commands, database, folder string) {
	t.Helper()
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(programs) == 0 {
		t.Fatal("no programs of PostgreSQL: make peers installs them", err)
	}
	cmd := exec.Command("/bin/sh", "-euc", strings.ReplaceAll(commands, "/backup/", folder+"/")) //nolint:gosec // the runbook's own words
	cmd.Env = append(os.Environ(), "VESTIBULE_DATABASE="+database, "PATH="+programs[len(programs)-1]+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, commands, out)
	}
}

// Last night's PostgreSQL is put back by the commands of the runbook while a building lives. What the building kept comes; what it had been told was safe, and the backup
// does not have, is a hole that everybody sees; nothing is lost without a word, nothing doubled, and the log is whole. Then all of it again: a restored database
// can be backed up and restored like any other.
//
// shows EDGE-06 by cloud/eventlog/step.go: "fits = fits || beginsAnew(agent, b.Epoch, b.Stream, row)"
func TestRestore_LastNightsPostgreSQLWhileABuildingLives(t *testing.T) {
	backup, folder := runbook(t, "backup"), t.TempDir()
	p := newPlant(t, cloudSetting{Dir: t.TempDir(), Database: storetest.PostgresDSN(t)}, t.TempDir(), "", 2*domain.MaxRelays)
	restore := runbook(t, "restore")
	open := func(what string, n int) {
		t.Helper()
		for i := range n {
			if !p.asked(p.all[i%domain.MaxRelays], fmt.Sprint(what, "-", i)) {
				t.Fatalf("%s %d is not done", what, i)
			}
		}
	}
	buildings := func() (names []string) {
		t.Helper()
		var list struct{ Items []struct{ Name string } }
		if err := p.client.Do(t.Context(), http.MethodGet, p.path+"/buildings", nil, &list); err != nil {
			t.Fatal(err)
		}
		for _, b := range list.Items {
			names = append(names, b.Name)
		}
		return names
	}
	for round := range 2 {
		open(fmt.Sprint("before-", round), 10)
		operator(t, backup, p.ofCloud.Database, folder)
		kept := len(buildings())
		open(fmt.Sprint("after-", round), 10) // told that they are safe, most of them removed
		if err := p.client.Do(t.Context(), http.MethodPost, p.path+"/buildings", map[string]any{"name": fmt.Sprint("Lost ", round)}, nil); err != nil {
			t.Fatal(err)
		}
		p.cloud.end(syscall.SIGTERM)
		for n := range 6 { // by hand, while nobody listens
			_ = p.boards[0].Bank().Set(perBoard-1, n%2 == 0, "hand")
			<-time.After(300 * time.Millisecond)
		}
		operator(t, restore, p.ofCloud.Database, folder)
		p.startCloud()
		p.reach()
		if now := buildings(); len(now) != kept {
			t.Errorf("round %d: the edit after the backup is %v", round, now)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "last-good")); err != nil {
		t.Error("the stamp of the backup:", err)
	}
	n := p.judge(true)
	if n.gaps < 2 {
		t.Errorf("%d holes after two restores", n.gaps)
	}
	for _, r := range p.rows(t) {
		if r.Kind == "gap" && r.Body["reason"] != string(domain.GapNotWithCloud) {
			t.Errorf("a hole for another reason: %+v", r)
		}
	}
	t.Logf("restored twice: %d rows, %d holes that say so; lost without a word %d, doubled %d", n.rows, n.gaps, n.lost, n.doubled)
}
