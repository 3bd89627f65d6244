package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// made are the migrations that made the tables before any version was replaced while another one ran. From the next one on a version only adds.
const made = 17

// takes are statements that a version before may not survive. A column that must be filled has a default, or the version before cannot insert.
var takes = map[string]*regexp.Regexp{
	"takes a table away":              regexp.MustCompile(`(?i)\bDROP\s+TABLE\b`),
	"takes a column away":             regexp.MustCompile(`(?i)\bDROP\s+COLUMN\b`),
	"takes an index away":             regexp.MustCompile(`(?i)\bDROP\s+INDEX\b`),
	"renames":                         regexp.MustCompile(`(?i)\bRENAME\b`),
	"changes a type":                  regexp.MustCompile(`(?i)\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b`),
	"forbids an empty value":          regexp.MustCompile(`(?i)\bSET\s+NOT\s+NULL\b`),
	"takes a default away":            regexp.MustCompile(`(?i)\bDROP\s+DEFAULT\b`),
	"makes a rule for rows there are": regexp.MustCompile(`(?i)\bALTER\s+TABLE\b[^;]*\bADD\s+(CONSTRAINT|UNIQUE|CHECK|FOREIGN|PRIMARY)\b`),
	"adds a column to be filled":      regexp.MustCompile(`(?i)\bADD\s+(COLUMN\s+)?(IF\s+NOT\s+EXISTS\s+)?"?[a-z_]+"?\s+[^;,]*\bNOT\s+NULL\b`),
}

var (
	comment    = regexp.MustCompile(`(?m)--.*$`)
	unique     = regexp.MustCompile(`(?i)\bCREATE\s+UNIQUE\s+INDEX\s+\S+\s+ON\s+(\S+)`)
	newTable   = regexp.MustCompile(`(?i)\bCREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?(\S+)`)
	hasDefault = regexp.MustCompile(`(?i)\bDEFAULT\b`)
	// A version after the last one that used something may take it away, when it says so.
	contract = regexp.MustCompile(`(?m)^-- contract: \S.{20,}$`)
)

// taken lists what the way up of a migration takes from the version before.
func taken(migration string) []string {
	up, _, _ := strings.Cut(migration, "-- +goose Down")
	if contract.MatchString(up) {
		return nil
	}
	plain := comment.ReplaceAllString(up, "")
	own := map[string]bool{}
	for _, m := range newTable.FindAllStringSubmatch(plain, -1) {
		own[m[2]] = true
	}
	var found []string
	for statement := range strings.SplitSeq(plain, ";") {
		for what, shape := range takes {
			if shape.MatchString(statement) && (what != "adds a column to be filled" || !hasDefault.MatchString(statement)) {
				found = append(found, what+": "+strings.Join(strings.Fields(statement), " "))
			}
		}
		if m := unique.FindStringSubmatch(statement); m != nil && !own[m[1]] {
			found = append(found, "makes a rule for rows there are: "+strings.Join(strings.Fields(statement), " "))
		}
	}
	return found
}

// While replicas are replaced the version before runs on these tables (deploy/docs/operate.md).
func TestMigrations_OnlyAdd(t *testing.T) {
	files, err := filepath.Glob("migrations/*/*.sql")
	if err != nil || len(files) < 2*made {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		number, err := strconv.Atoi(filepath.Base(file)[:4])
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file) //nolint:gosec // of this package
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range taken(string(raw)) {
			if number > made {
				t.Errorf("%s %s", file, what)
			}
		}
	}
}

// The judge itself.
func TestTaken_SeesWhatTheVersionBeforeNeeds(t *testing.T) {
	for statement, bad := range map[string]bool{
		"ALTER TABLE sites ADD COLUMN note text;":                                                            false,
		"ALTER TABLE sites ADD COLUMN note text NOT NULL DEFAULT '';":                                        false,
		"CREATE TABLE notes (id uuid NOT NULL PRIMARY KEY, text text NOT NULL);":                             false,
		"CREATE TABLE notes (id uuid);\nCREATE UNIQUE INDEX notes_id ON notes (id);":                         false,
		"CREATE INDEX sites_note ON sites (note);":                                                           false,
		"-- DROP TABLE in words\nCREATE TABLE notes (id uuid);":                                              false,
		"CREATE TABLE notes (id uuid);\n-- +goose Down\nDROP TABLE notes;":                                   false,
		"-- contract: no version since 0019 reads this column any more\nALTER TABLE sites DROP COLUMN note;": false,
		"ALTER TABLE sites ADD COLUMN note text NOT NULL;":                                                   true,
		"ALTER TABLE sites DROP COLUMN note;":                                                                true,
		"ALTER TABLE sites RENAME COLUMN note TO remark;":                                                    true,
		"ALTER TABLE sites ALTER COLUMN note TYPE bigint;":                                                   true,
		"ALTER TABLE sites ALTER COLUMN note SET NOT NULL;":                                                  true,
		"ALTER TABLE sites ADD CONSTRAINT one CHECK (note <> '');":                                           true,
		"CREATE UNIQUE INDEX sites_note ON sites (note);":                                                    true,
		"drop table sites;":                       true,
		"DROP INDEX sites_note;":                  true,
		"-- contract: no\nDROP INDEX sites_note;": true,
	} {
		if got := taken("-- +goose Up\n" + statement); len(got) > 0 != bad {
			t.Errorf("%s: %v", statement, got)
		}
	}
}
