package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// figure is one measured value.
type figure struct {
	name  string
	value float64
	unit  string
	how   string
}

// ceilings are what the issues allow, in the unit of the figure.
var ceilings = func() map[string]float64 {
	out := map[string]float64{
		firstScript: mostScript, ringRatio99: 1, leftAgent: 0, freshAgent: 50, slowRing99: 100,
		sizePlainShare: 0.40, sizeShare: 0.65, sizeDeltaShare: 0.40,
		liveApplied: longestApplied, liveOpen99: longestOpen, liveNotDone: 0, againBoth: mostAgain, drainLost: 0, memoryHomes: 33,
		memoryRegistered: 64, memoryEarly: 64, memoryLate: 64, memoryFlat: 1.1, crowdRatio: 2,
	}
	for _, name := range wantedRest {
		out[name] = longestPage
	}
	for _, engine := range engines {
		for _, list := range lists {
			out[pageFigure(list.name, engine)] = longestPage
		}
		out[saveFigure(engine)], out[gapFigure(engine)] = longestSave, widestGap
		out[sheetFigure("plan", engine)], out[sheetFigure("apply", engine)], out[sheetFigure("undo", engine)] = longestPlan, longestApply, longestUndo
		out[sheetMemoryFigure(engine)] = mostForSheet
	}
	return out
}()

// floors are the least that the issues want.
var floors = map[string]float64{
	sustainedRatio: 0.5, outboxSingleShare: 1, outboxGroupedShare: 0.8, ingestCopy: 0.5, ingestFourShare: 0.8, publishedShare: 0.4,
}

// counts may be nought.
var counts = map[string]bool{liveNotDone: true, drainLost: true, leftAgent: true, leftPeer: true, unserved: true}

// report prints the table of the figures that are wanted and gives the names of those that are missing, which the table shows too.
func report(out io.Writer, wanted []string, figures []figure) []string {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "figure\tvalue\tunit\tlimit\thow")
	var missing []string
	for _, name := range wanted {
		at := slices.IndexFunc(figures, func(f figure) bool { return f.name == name })
		if at < 0 || !sound(figures[at].value) && (figures[at].value != 0 || !counts[name]) {
			missing = append(missing, name)
			fmt.Fprintf(table, "%s\tmissing\t\t\t\n", name)
			continue
		}
		f := figures[at]
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", f.name, digits(f.value), f.unit, against(f), f.how)
	}
	if err := table.Flush(); err != nil {
		missing = append(missing, "the table: "+err.Error())
	}
	return missing
}

// against writes the limit that is set for a figure, and marks one that is beyond it.
func against(f figure) string {
	if floor, ok := floors[f.name]; ok {
		if f.value < floor {
			return "≥ " + digits(floor) + " UNDER"
		}
		return "≥ " + digits(floor)
	}
	ceiling, ok := ceilings[f.name]
	switch {
	case !ok:
		return ""
	case f.value > ceiling:
		return digits(ceiling) + " OVER"
	}
	return digits(ceiling)
}

// sound tells whether a value can be a figure at all.
func sound(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) && v != 0 }

// digits writes three significant digits, and whole numbers whole.
func digits(v float64) string {
	if v == math.Trunc(v) || math.Abs(v) >= 1000 {
		return thousands(strconv.FormatInt(int64(math.Round(v)), 10))
	}
	places := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	return strconv.FormatFloat(v, 'f', min(places, 3), 64)
}

func thousands(text string) string {
	var b strings.Builder
	for i, c := range text {
		if i > 0 && (len(text)-i)%3 == 0 && text[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
