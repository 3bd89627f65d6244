package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"vestibule/deploy/citation"
)

// toldOnly is the state of settings that no driver writes to a device yet.
const toldOnly = "kept, checked and told to the building; no device is set by it yet"

// partlyDone are rows that a test cites and that are nevertheless not whole, with what is there. Take a row out when the rest works.
var partlyDone = map[string]string{
	"EDGE-09":   "every order, to monitors, guard phones, landlines and devices of other agents; apps are planned, and there is none yet",
	"EDGE-12":   "the monitor rings and the leg to the app is planned in its name; there is no app yet",
	"EDGE-13":   "calls, doors and the return of the link; no credentials at the doors yet",
	"EDGE-15":   "boards that speak Modbus over the network; the makers' own protocols are not public",
	"EDGE-17":   "what boards show and what came of a relay act; no names from and to the monitor",
	"EDGE-26":   "PINs and cards on devices that keep them; no face, Bluetooth or NFC, and no reader beside a relay that the agent moves",
	"EDGE-30":   "PINs, cards and the code of the monitor; there are no messages yet",
	"EDGE-29":   "calls, doors and what devices say; no pictures and no recordings yet",
	"ACC-10":    "kept and shown for the organisation and the account; lists of a site use the site's zone",
	"ACC-13":    "the switch is kept; there is no installer app yet",
	"ACC-21":    "second factor and account access act, payment governs a manager's leave to pay; community calls, registered devices and credits are kept only",
	"ACC-22":    "set for a distributor and handed down to devices and documents; there is no app yet that such calls would ring",
	"ACC-23":    "allowed by region and account; renewal and locks are not there yet",
	"DASH-03":   "the modules that exist, by role; not yet those of firmware, messages and payments",
	"SITE-05":   "kept and told to the building; no screen and no mail is written that way yet",
	"SITE-06":   "kept and told to the building; no contact list on a device is written in that order yet",
	"SITE-07":   "kept, filled from a position and told to the building; no monitor is told its weather yet",
	"SITE-12":   "the switch, and landlines that ring by it; nobody calls from a telephone into the building",
	"SITE-13":   "the switch, told to the building; nothing is recorded yet",
	"SITE-14":   "the switch behind its gate, told to the building and kept by its calls; there is no app yet",
	"CALL-08":   "monitors and guard phones call homes, and the switch decides over apps; there is no app yet",
	"SITE-17":   "the switch behind its gate; nothing can be paid yet",
	"SITE-18":   "the mails, over the dates that homes carry; no payment sets a date yet",
	"SITE-22":   "the switch behind its gate; nothing is synchronised yet",
	"SITE-32":   "the switches; there is no app yet that makes PINs or codes",
	"SITE-33":   "the package; no shifts and no prices yet",
	"SITE-37":   "companies, people and devices, and who reaches them; a door has no activation of its own yet",
	"SITE-40":   "the plan, its switches and what managers may decide; it cannot be bought yet",
	"SITE-41":   "the choice; nothing can be paid yet",
	"SITE-42":   "both switches, and the mails before a service ends; no mails after a renewal yet",
	"PEOPLE-03": "mails about accounts; residents get no other mails yet",
	"PEOPLE-07": "the plan, its cameras and landlines; nothing is charged for it yet",
	"PEOPLE-11": "three are free and the fourth waits to be paid for; nothing can be paid yet",
	"PEOPLE-27": "the identity and own devices; no access groups yet",
	"PEOPLE-34": "shown and filtered; nothing can be paid yet",
	"DEV-09":    "the stream of a door phone goes off where nobody may watch; there is nothing to watch with yet",
	"DEV-10":    "kept, checked, told and called by; there is no app yet that such a call would ring",
	"DEV-12":    "kept, checked, told and called by; there is no app yet that such a call would ring",
	"DEV-14":    "kept and told to the building; there is no app yet",
	"DEV-17":    "opened from calls, the portal and the agent's page; its code is not written to the door phone, whose setting for it is not public",
	"DEV-20":    "kept and told to the building; there is no app yet",
	"DEV-21":    "kept and told to the building; there is no app yet",
	"DEV-22":    toldOnly,
	"DEV-23":    toldOnly,
	"DEV-26":    toldOnly,
	"DEV-27":    toldOnly,
	"EXT-01":    "the building drives the board by the register map that the installer chooses; the makers' own protocols are not public",
	"EXT-02":    "the building drives the board by the register map that the installer chooses; the makers' own protocols are not public",
	"DEV-31":    toldOnly,
	"PM-07":     "the switch, only where the installer may pay; nothing can be paid yet",
	"PM-08":     "the switch; nothing expires yet",
	"PM-09":     "app user, password and end date; there is no app yet",
	"PM-11":     "door log and calls; no captured pictures yet",
	"LOG-02":    "the switch; nothing takes pictures yet",
	"BEY-04":    "never late, never twice, never a hopeful success; no door contact is read",
	"BEY-07":    "all four steps with read-back; no alarm in the portal for one that stays open",
	"BEY-22":    "the log lies in months; the return of ten thousand sites at once is not shown whole",
}

// namedTests is how many tests a row names at most; the others are found by searching for the id.
const namedTests = 3

// claim is what the tests say about one feature.
type claim struct {
	tests []string // "agent/outbox TestX", sorted
	whole bool     // cited as a row, not only one rule of it
}

func (c claim) state(id string) string {
	switch {
	case len(c.tests) == 0:
		return notYet
	case partlyDone[id] != "" || !c.whole:
		return partly
	default:
		return works
	}
}

// gather reads the citations of the repository, and the places where an id is mentioned that no row has.
func gather(root string, doc *document) (map[string]claim, []string, error) {
	all, bad, err := citation.Collect(root)
	if err != nil {
		return nil, nil, err
	}
	var faults []string
	for _, f := range bad {
		faults = append(faults, f.String())
	}
	claims := map[string]claim{}
	for _, c := range all {
		for _, id := range c.IDs {
			if id.Rule != "" && doc.rules[id.String()] == nil {
				faults = append(faults, fmt.Sprintf("%s:%d: %s is no rule of %s", c.File, c.Line, id, table))
			}
			have := claims[id.Feature]
			if name := testName(c); !slices.Contains(have.tests, name) {
				have.tests = append(have.tests, name)
			}
			have.whole = have.whole || id.Rule == ""
			claims[id.Feature] = have
		}
	}
	for id, c := range claims {
		slices.Sort(c.tests)
		claims[id] = c
	}
	mentioned, err := strangers(root, doc)
	return claims, append(faults, mentioned...), err
}

func testName(c citation.Citation) string {
	if strings.HasSuffix(c.File, ".go") {
		return c.Package() + " " + c.Test
	}
	return c.File + " " + strings.NewReplacer("`", "'", "|", "/").Replace(c.Test)
}

var idShape = regexp.MustCompile(`\b([A-Z]+)-[0-9]{2}\b`)

// strangers finds ids in test files that look like ours (the area is one of the table) and are in no row.
func strangers(root string, doc *document) ([]string, error) {
	areas := map[string]bool{}
	for id := range doc.features {
		areas[id[:strings.IndexByte(id, '-')]] = true
	}
	var faults []string
	err := citation.Walk(root, func(path, content string) error {
		for i, line := range strings.Split(content, "\n") {
			for _, m := range idShape.FindAllStringSubmatch(line, -1) {
				if areas[m[1]] && doc.features[m[0]] == nil {
					faults = append(faults, fmt.Sprintf("%s:%d: %s is in no row of %s", path, i+1, m[0], table))
				}
			}
		}
		return nil
	})
	return faults, err
}

// check reads the table and the tests and says where they disagree.
func check(root string) (*document, []string, error) {
	doc, faults, err := readTable(root)
	if err != nil {
		return nil, nil, err
	}
	claims, more, err := gather(root, doc)
	if err != nil {
		return nil, nil, err
	}
	faults = append(faults, more...)
	for id := range claims {
		if doc.features[id] == nil {
			faults = append(faults, fmt.Sprintf("%s: %s is cited by %s and has no row", table, id, claims[id].tests[0]))
		}
	}
	for id, r := range doc.features {
		faults = append(faults, r.disagreements(claims[id])...)
	}
	for id := range doc.rules {
		if feature, _, _ := strings.Cut(id, "/"); doc.features[feature] == nil {
			faults = append(faults, fmt.Sprintf("%s:%d: %s is a rule of no row", table, doc.rules[id].line+1, id))
		}
	}
	slices.Sort(faults)
	return doc, slices.Compact(faults), nil
}

func (r *row) disagreements(c claim) []string {
	var faults []string
	say := func(format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s:%d: %s ", table, r.line+1, r.id)+fmt.Sprintf(format, args...)+"; `make fmt` sets the columns")
	}
	if want := c.state(r.id); r.state != want {
		say("says %q, the tests say %q", r.state, want)
	}
	if r.state != notYet && len(r.tests) == 0 {
		say("names no test")
	}
	for _, name := range r.tests {
		if !slices.Contains(c.tests, name) {
			say("names %q, which does not cite it", name)
		}
	}
	if len(r.words) < 8 {
		say("does not say what it is")
	}
	return faults
}

// rewrite sets the state and test columns and leaves every other line as it is.
func rewrite(root string) error {
	doc, _, err := readTable(root)
	if err != nil {
		return err
	}
	claims, _, err := gather(root, doc)
	if err != nil {
		return err
	}
	for id, r := range doc.features {
		c := claims[id]
		r.state, r.tests = c.state(id), c.tests[:min(len(c.tests), namedTests)]
		doc.lines[r.line] = r.String()
	}
	return os.WriteFile(filepath.Join(root, table), []byte(strings.Join(doc.lines, "\n")), 0o644)
}
