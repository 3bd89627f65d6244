package account_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"vestibule/cloud/account"
)

var update = flag.Bool("update", false, "write deploy/docs/rights.md anew")

// rightsTable writes the table of rights as Markdown.
func rightsTable() string {
	var b strings.Builder
	b.WriteString("# Who may do what\n\nMade from `account.Rules()`, the table that decides every request. *In person* rights are held by no API token and by nobody who\n" +
		"entered with leave, *no guest* rights by nobody who entered; *changes* end at leave to read. After entering, one is an installer (or a distributor) there.\n\n| What | Right |")
	for _, role := range account.Roles() {
		b.WriteString(" " + string(role) + " |")
	}
	b.WriteString(" In person | No guest | Changes |\n|---|---|" + strings.Repeat(":-:|", len(account.Roles())+3) + "\n")
	mark := func(yes bool) string {
		if yes {
			return " x |"
		}
		return "  |"
	}
	for _, rule := range account.Rules() {
		b.WriteString("| " + rule.Does + " | `" + string(rule.Right) + "` |")
		for _, role := range account.Roles() {
			b.WriteString(mark(role.May(rule.Right)))
		}
		b.WriteString(mark(rule.InPerson) + mark(rule.NoGuest) + mark(rule.Writes) + "\n")
	}
	return b.String()
}

func TestRules_ThePageIsTrue(t *testing.T) {
	const page = "../../deploy/docs/rights.md"
	if *update {
		if err := os.WriteFile(page, []byte(rightsTable()), 0o644); err != nil { //nolint:gosec // a page for everybody
			t.Fatal(err)
		}
	}
	if written, err := os.ReadFile(page); err != nil || string(written) != rightsTable() {
		t.Errorf("%s is old (%v): go test ./cloud/account -run ThePageIsTrue -update", page, err)
	}
}
