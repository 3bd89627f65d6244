package main

import (
	"context"
	"fmt"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
)

const (
	longestSave = 50 // of one apartment, in milliseconds
	widestGap   = 3  // between an edit in the large site and one in the small site
)

func saveFigure(engine string) string { return "save of an apartment p95, " + engine }
func gapFigure(engine string) string {
	return "edit in the large site per edit in the small, " + engine
}

// measureSaves times the saving of apartments with their sites' next versions: in communities anywhere, and in the large and the small site in turn.
func measureSaves(ctx context.Context, c *stack.Client, plots []*plot, engine string, times int) ([]figure, error) {
	var communities []*plot
	for _, o := range plots {
		if len(o.homes) > 0 {
			communities = append(communities, o)
		}
	}
	var anywhere, large, small []float64
	for i := range times + 1 {
		for _, one := range []struct {
			at   *plot
			into *[]float64
		}{{pick(communities), &anywhere}, {plots[0], &large}, {plots[1], &small}} {
			took, err := save(ctx, c, one.at)
			if err != nil {
				return nil, err
			}
			if i > 0 { // the first of each does not count
				*one.into = append(*one.into, took)
			}
		}
	}
	of, against := measure.Percentile(large, 50), measure.Percentile(small, 50)
	return []figure{
		{
			name: saveFigure(engine), value: measure.Percentile(append(anywhere, large...), 95), unit: "ms",
			how: fmt.Sprintf("PUT with the site's next version, %d in communities drawn at random and %d in that of %d apartments", times, times, plots[0].apartments),
		},
		{
			name: gapFigure(engine), value: of / against, unit: "x",
			how: fmt.Sprintf("medians of %d edits each, in turn: %s ms among %d apartments, %s ms among %d", times, digits(of), plots[0].apartments, digits(against), plots[1].apartments),
		},
	}, nil
}

// save renames an apartment as the form of the portal does, and gives how many milliseconds that took.
func save(ctx context.Context, c *stack.Client, at *plot) (float64, error) {
	path := at.path("/apartments/" + pick(at.homes).String())
	var form struct {
		Building string `json:"building_id"`
		Number   string `json:"number"`
		Name     string `json:"name"`
		Floor    string `json:"floor"`
		Contact  string `json:"contact"`
		CallPath string `json:"call_path"`
	}
	var seen struct {
		Revision uint64 `json:"revision"`
	}
	if err := c.Do(ctx, "GET", path, nil, &form); err != nil {
		return 0, err
	}
	if err := c.Do(ctx, "GET", path, nil, &seen); err != nil {
		return 0, err
	}
	form.Name = somebody() + fmt.Sprintf(" %d", seen.Revision)
	took, err := timed(func() error {
		return c.Do(ctx, "PUT", path, form, nil, "If-Match", fmt.Sprintf("%q", fmt.Sprint(seen.Revision)))
	})
	return milliseconds(took), err
}
