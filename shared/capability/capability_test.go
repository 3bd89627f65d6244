package capability_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vestibule/shared/capability"
)

// The guides' table once more, as it is printed, so that a slip in either copy shows. A dash is "not listed".
const printed = `
S539      539  539.30.10.118   539.30.10.231   -              539.30.10.231
S532      532  532.30.10.117   532.30.10.228   532.30.10.117  532.30.10.216
X916      916  916.30.10.216   916.30.10.212   -              916.30.10.212
X915_V1   915  915.30.10.128   -               -              -
X915_V2  2915  2915.30.10.106  2915.30.10.205  -              2915.30.10.205
X912      912  912.30.10.225   912.30.11.49    912.30.11.49   912.30.11.49
E16_V2    216  216.30.10.69    216.30.10.109   -              -
E18        18  18.30.10.205    18.30.10.236    18.30.10.236   18.30.10.236
R20       320  320.30.10.125   -               320.30.10.230  320.30.10.230
R25A       25  25.30.10.22     -               -              -
R27       227  227.30.10.201   -               227.30.10.101  -
R28        28  28.30.10.102    -               28.30.10.7     -
R28_V2    228  228.30.10.112   228.30.10.139   228.30.10.135  228.30.10.135
R29        29  29.30.10.112    29.30.10.205    -              29.30.10.205
A094       92  92.30.10.112    -               -              -`

// shows DEV-19 DEV-24 SITE-26 CALL-07 DEV-25 by shared/capability/check.go: "case listed && version.Meets(minimum):" => "case listed && !version.Meets(minimum):"
func TestCheck_TheWholeTable(t *testing.T) {
	features := []capability.Feature{capability.AccessMethods, capability.Directory, capability.HashInApartment, capability.SequenceCall}
	for line := range strings.Lines(strings.TrimSpace(printed)) {
		cells := strings.Fields(line)
		model := strings.ReplaceAll(cells[0], "_", " ")
		for i, feature := range features {
			needs := cells[i+2]
			old := cells[1] + ".30.9.9999"
			if needs == "-" {
				if v := capability.Check(feature, model, old); v.State != capability.NotListed || v.Needs != "" || v.Model != model {
					t.Errorf("%s %s: %+v", model, feature, v)
				}
				continue
			}
			if v := capability.Check(feature, model, needs); v.State != capability.OK || v.Needs != needs || v.Model != model {
				t.Errorf("%s %s at its minimum: %+v", model, feature, v)
			}
			if v := capability.Check(feature, model, old); v.State != capability.TooOld || v.Needs != needs {
				t.Errorf("%s %s below its minimum: %+v", model, feature, v)
			}
			if v := capability.Check(feature, model, ""); v.State != capability.Unknown || v.Needs != needs {
				t.Errorf("%s %s before it answered: %+v", model, feature, v)
			}
		}
	}
}

// shows SITE-27 by shared/capability/matrix.go: "map[Feature]Version{Floors: {33, 30, 1, 11}}" => "{LiftController, []string{LiftController}, 33, nil},"
func TestCheck_Floors(t *testing.T) {
	for firmware, want := range map[string]capability.State{
		"33.30.1.11": capability.OK, "33.30.1.107": capability.OK, "33.30.1.9": capability.TooOld, "33.29.9.99": capability.TooOld,
		"29.30.10.205": capability.NotListed, "": capability.Unknown,
	} {
		if v := capability.Check(capability.Floors, "EC33", firmware); v.State != want {
			t.Errorf("%s: %+v, want %s", firmware, v, want)
		}
	}
	if !capability.IsLiftController("EC33", "") || !capability.IsLiftController("", "33.30.1.2") || capability.IsLiftController("EC33", "29.30.10.1") {
		t.Error("the lift controller is the one with firmware 33, and by its name only while that is unknown")
	}
}

// The name that a device or a person gives does not count once the firmware is known (A28).
//
// shows DEV-25 by shared/capability/matrix.go: "known && r.First == firmware[0]" => "if r.Model == model {"
func TestCheck_TheFirstNumberDecides(t *testing.T) {
	for _, row := range []struct {
		model, firmware string
		want            capability.Verdict
	}{
		{"R28", "228.30.10.139", capability.Verdict{State: capability.OK, Needs: "228.30.10.139", Model: "R28 V2"}},
		{"R28 V2", "28.30.10.500", capability.Verdict{State: capability.NotListed, Model: "R28"}},
		{"X915", "2915.30.10.204", capability.Verdict{State: capability.TooOld, Needs: "2915.30.10.205", Model: "X915 V2"}},
		{"R29", "113.30.10.205", capability.Verdict{State: capability.NotListed}},
		{"R29", "29.30.10", capability.Verdict{State: capability.Unknown, Needs: "29.30.10.205", Model: "R29"}},
	} {
		if v := capability.Check(capability.Directory, row.model, row.firmware); v != row.want {
			t.Errorf("%s %s: %+v, want %+v", row.model, row.firmware, v, row.want)
		}
	}
}

// shows DEV-25 by shared/capability/version.go: "if c := cmp.Compare(v[i], o[i]); c != 0 {" => "if c := cmp.Compare(strconv.Itoa(int(v[i])), strconv.Itoa(int(o[i]))); c != 0 {"
func TestVersion_ComparesNumberByNumber(t *testing.T) {
	rows := []struct {
		version, minimum string
		meets            bool
	}{
		{"912.30.11.49", "912.30.10.225", true}, // higher by the third number, though 49 < 225
		{"912.30.10.225", "912.30.11.49", false},
		{"28.30.10.10", "28.30.10.7", true}, // as text it would be lower
		{"29.30.2.803", "29.30.10.205", false},
		{"29.31.0.0", "29.30.10.205", true},
		{"30.30.10.205", "29.30.10.205", false}, // another model, however high
	}
	for _, r := range rows {
		v, ok := capability.ParseVersion(r.version)
		minimum, ok2 := capability.ParseVersion(r.minimum)
		if !ok || !ok2 || v.Meets(minimum) != r.meets {
			t.Errorf("%s meets %s: %t", r.version, r.minimum, !r.meets)
		}
	}
}

func TestVersion_OrderIsTotal(t *testing.T) {
	version := rapid.Custom(func(t *rapid.T) capability.Version {
		n := rapid.Uint32Range(0, 300)
		return capability.Version{n.Draw(t, "model"), n.Draw(t, "platform"), n.Draw(t, "branch"), n.Draw(t, "build")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := version.Draw(t, "a"), version.Draw(t, "b"), version.Draw(t, "c")
		if a.Compare(b) != -b.Compare(a) || a.Compare(a) != 0 || (a.Compare(b) == 0) != (a == b) {
			t.Fatalf("%s and %s", a, b)
		}
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0 {
			t.Fatalf("%s %s %s", a, b, c)
		}
		if a.Meets(b) != (a[0] == b[0] && a.Compare(b) >= 0) {
			t.Fatalf("%s meets %s", a, b)
		}
		back, ok := capability.ParseVersion(a.String())
		if !ok || back != a {
			t.Fatalf("%s reads as %s", a, back)
		}
	})
}

// A newer firmware of the same model never loses a feature.
func TestCheck_NewerKeepsWhatOlderHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.SampledFrom(capability.Rows()).Draw(t, "row")
		feature := rapid.SampledFrom(capability.Features()).Draw(t, "feature")
		n := rapid.Uint32Range(0, 300)
		older := capability.Version{row.First, 30, n.Draw(t, "branch"), n.Draw(t, "build")}
		newer := older
		newer[rapid.IntRange(1, 3).Draw(t, "place")]++
		before, after := capability.Check(feature, "", older.String()), capability.Check(feature, "", newer.String())
		if before.State == capability.OK && after.State != capability.OK || before.Model != row.Model {
			t.Fatalf("%s %+v, %s %+v", older, before, newer, after)
		}
	})
}

func TestVerdict_ReasonNamesTheFirmware(t *testing.T) {
	for firmware, want := range map[string]string{
		"29.30.2.803":   "needs 29.30.10.205, has 29.30.2.803 — upgrade",
		"915.30.10.200": "no firmware of the X915 V1 is known to bring it; has 915.30.10.200",
		"113.30.10.205": "no firmware of this model is known to bring it; has 113.30.10.205",
		"29.30.10.205":  "",
		"":              "needs 29.30.10.205; will be checked when the device answers",
		"beta":          "needs 29.30.10.205; will be checked when the device answers",
	} {
		if got := capability.Check(capability.Directory, "R29", firmware).Reason(firmware); got != want {
			t.Errorf("%q: %q, want %q", firmware, got, want)
		}
	}
	if !capability.Check(capability.Directory, "", "").Applies() || capability.Check(capability.Directory, "", "29.30.2.803").Applies() {
		t.Error("only what is known to be missing is left out")
	}
}

// FuzzParseVersion: whatever a device calls its firmware, reading it neither panics nor accepts what String cannot give back.
func FuzzParseVersion(f *testing.F) {
	for _, text := range []string{"29.30.10.205", "029.30.010.205", "", "29.30.10", "29.30.10.205.1", "-1.2.3.4", "1e9.2.3.4", "999999999.999999999.999999999.999999999", "１.2.3.4", "+1.2.3.4", "29.30.10. 205"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := capability.ParseVersion(text)
		if !ok {
			if v != (capability.Version{}) {
				t.Fatalf("%q is refused and is %s", text, v)
			}
			return
		}
		if strings.Trim(text, "0123456789.") != "" || strings.Count(text, ".") != 3 {
			t.Fatalf("%q is read as %s", text, v)
		}
		if back, ok := capability.ParseVersion(v.String()); !ok || back != v {
			t.Fatalf("%q: %s reads as %s", text, v, back)
		}
		for _, feature := range capability.Features() {
			if s := capability.Check(feature, "R29", text).State; s == capability.Unknown {
				t.Fatalf("%q is a version and unknown", text)
			}
		}
	})
}
