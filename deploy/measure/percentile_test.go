package measure

import (
	"math"
	"testing"
)

func TestPercentile_IsTheNearestRank(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	for p, want := range map[float64]float64{50: 3, 99: 5, 20: 1, 100: 5} {
		if got := Percentile(values, p); got != want {
			t.Errorf("p%v is %v, expected %v", p, got, want)
		}
	}
	if !math.IsNaN(Percentile(nil, 50)) {
		t.Error("nothing has a median")
	}
}
