package measure

import (
	"math"
	"slices"
)

// Percentile gives the value that p per cent of the sorted values do not exceed (nearest rank); NaN of nothing.
func Percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(0, rank-1)]
}
