package domain_test

import (
	"strings"
	"testing"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// shows AUTOP-07 by shared/domain/autop.go: "f.Check(wrong == \"\", path, \"Line %s: %s\", strconv.Itoa(i+1), wrong)" => "_ = strconv.Itoa(i)"
func TestReadAutoP_NamesTheLineThatIsNone(t *testing.T) {
	good := "Config.Settings.DATETIME.TimeFormat=1"
	for text, want := range map[string]string{
		good + "\n\nConfig.Settings.DATETIME": "Line 3: no = between a setting and its value.",
		"= 4":                                 "Line 1: no setting before the =.",
		good + "\nA=" + strings.Repeat("x", domain.MaxAutoPLine-1): "Line 2: longer than 1 KiB.",
		good + "\nA=\x00b":                  "Line 2: a character that cannot be typed.",
		good + "\nA=\xff":                   "Line 2: a character that cannot be typed.",
		strings.Repeat("A=planted\n", 4000): "At most 32 KiB.",
	} {
		_, err := domain.ReadAutoP("text", text)
		fields := fault.FieldsOf(err)
		if len(fields) != 1 || fields[0].Path != "text" || fields[0].Msg != want || strings.Contains(err.Error(), "planted") {
			t.Errorf("%.40q: %v", text, fields)
		}
	}
	var many strings.Builder
	for i := range domain.MaxAutoPLines + 1 {
		many.WriteString(strings.Repeat("k", i%7+1) + strings.Repeat("m", i/7) + "=\n")
	}
	if _, err := domain.ReadAutoP("text", many.String()[:min(many.Len(), domain.MaxAutoPText)]); err == nil {
		t.Error("more lines than fit are taken")
	}
	lines, err := domain.ReadAutoP("text", "# times\r\n  Config.A = 1 \n;old\nConfig.URL=http://x/?a=b\nConfig.Empty=")
	if got := domain.WriteAutoP(lines); err != nil || got != "# times\nConfig.A=1\n;old\nConfig.URL=http://x/?a=b\nConfig.Empty=" {
		t.Errorf("%q, %v", got, err)
	}
}

// shows AUTOP-06 by shared/domain/autop.go: "at := slices.IndexFunc(out, func(o AutoPLine) bool { return o == line || line.Key != \"\" && o.Key == line.Key })" => "at := -1"
func TestMergeAutoP_KeepsALineOnceAndTheNewerValue(t *testing.T) {
	read := func(text string) []domain.AutoPLine {
		lines, err := domain.ReadAutoP("text", text)
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	if got := domain.WriteAutoP(read("A=1\nB=2\nA = 1\n# x\n# x\nB=3")); got != "A=1\nB=3\n# x" {
		t.Errorf("one submission: %q", got)
	}
	stored := read("A=1\nB=2\n# x")
	if got := domain.WriteAutoP(domain.MergeAutoP(stored, read("B=2\nC=4\nA=7\n# x"))); got != "A=7\nB=2\n# x\nC=4" {
		t.Errorf("added: %q", got)
	}
	if got := domain.WriteAutoP(stored); got != "A=1\nB=2\n# x" {
		t.Errorf("what was stored became %q", got)
	}
}
