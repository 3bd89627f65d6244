package main

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestReport_NamesTheFigureThatIsMissing(t *testing.T) {
	figures := []figure{{"a", 1234.5, "bytes", "weighed"}, {"b", math.NaN(), "ms", "timed"}, {"c", 0.4266, "x", "divided"}}
	var out strings.Builder
	if got := report(&out, []string{"a", "b", "c", "d"}, figures); !slices.Equal(got, []string{"b", "d"}) {
		t.Errorf("missing %v, expected b and d", got)
	}
	for _, part := range []string{"1,235", "weighed", "0.427", "missing"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("the table does not say %q:\n%s", part, &out)
		}
	}
	if got := report(&out, []string{"a", "c"}, figures); len(got) != 0 {
		t.Errorf("missing %v, expected none", got)
	}
}

func TestSizes_EveryFigureIsTaken(t *testing.T) {
	figures, err := measureSizes()
	if err != nil {
		t.Fatal(err)
	}
	if missing := report(&strings.Builder{}, wantedSizes, figures); len(missing) != 0 {
		t.Errorf("missing %v", missing)
	}
}
