package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
	"vestibule/shared/domain"
)

// longestPage is the ceiling of a page of a list, in milliseconds.
const longestPage = 100

// asked is a list of the portal with the ways to look at it; {large} and {house} stand for a site and a building of it, {word} and the like for what
// somebody looks for, drawn anew each time.
type asked struct {
	name string
	ways []string
}

// lists are those that the portal shows, each with its searches, orders and filters, and a page far down.
var lists = []asked{
	{"sites", []string{
		"/sites?limit=50", "/sites?limit=1000", "/sites?limit=50&kind=community", "/sites?limit=50&kind=single", "/sites?limit=50&kind=office", "/sites?limit=50&kind=commercial",
		"/sites?limit=50&q={word}", "/sites?limit=50&sort=created&order=desc", "/sites?limit=50&kind=community&order=desc&page=10",
	}},
	{"apartments", []string{
		"/sites/{large}/apartments?limit=50", "/sites/{large}/apartments?limit=50&q={number}", "/sites/{large}/apartments?limit=50&q={word}", "/sites/{large}/apartments?limit=50&q={first}+{word}",
		"/sites/{large}/apartments?limit=50&sort=name", "/sites/{large}/apartments?limit=50&sort=floor&order=desc", "/sites/{large}/apartments?limit=50&sort=resident",
		"/sites/{large}/apartments?limit=50&sort=created&order=desc", "/sites/{large}/apartments?limit=50&page={far}", "/sites/{large}/apartments?limit=50&building={house}",
		"/sites/{large}/apartments?limit=50&active=inactivated", "/sites/{large}/apartments?limit=50&app=unregistered",
	}},
	{"tree", []string{"/sites/{large}/tree", "/sites/{large}/tree/{house}"}},
	{"buildings", []string{"/sites/{large}/buildings?limit=50", "/sites/{large}/buildings?limit=50&q=House+1"}},
	{"people", []string{
		"/sites/{large}/people?limit=50", "/sites/{large}/people?limit=50&q={word}", "/sites/{large}/people?limit=50&q={number}", "/sites/{large}/people?limit=50&q={phone}",
		"/sites/{large}/people?limit=50&sort=apartment", "/sites/{large}/people?limit=50&sort=created&order=desc", "/sites/{large}/people?limit=50&page={far}",
		"/sites/{large}/people?limit=50&kind=master", "/sites/{large}/people?limit=50&app=unregistered", "/sites/{large}/people?limit=50&active=inactivated",
		"/sites/{office}/people?limit=50&kind=basic", "/sites/{office}/people?limit=50&sort=staff_id", "/sites/{commercial}/people?limit=50&q={word}",
	}},
	{"single-family users", []string{
		"/single?limit=50", "/single?limit=50&q={word}", "/single?limit=50&sort=created&order=desc", "/single?limit=50&page=4", "/single?limit=50&app=unregistered",
	}},
	{"devices of a site", []string{
		"/sites/{large}/devices?limit=50", "/sites/{large}/devices?limit=50&place=public", "/sites/{large}/devices?limit=50&place=building", "/sites/{large}/devices?limit=50&place=apartment",
		"/sites/{large}/devices?limit=50&q={number}", "/sites/{large}/devices?limit=50&q={mac}", "/sites/{large}/devices?limit=50&sort=created&order=desc", "/sites/{large}/devices?limit=50&page={far}",
		"/sites/{large}/devices?limit=50&type=2", "/sites/{large}/devices?limit=50&status=offline", "/sites/{large}/devices?limit=50&receipt=open", "/sites/{large}/devices?limit=50&building={house}",
	}},
	{"devices of single homes", []string{
		"/devices?limit=50", "/devices?limit=50&q={word}", "/devices?limit=50&q={mac}", "/devices?limit=50&sort=created&order=desc", "/devices?limit=50&page=5", "/devices?limit=50&status=online",
	}},
	{"cameras", []string{
		"/sites/{large}/cameras?limit=50", "/sites/{large}/cameras?limit=50&q=Camera+1", "/sites/{large}/cameras?limit=50&place=building", "/sites/{large}/cameras?limit=50&sort=created&order=desc&page=2",
	}},
	{"MAC library", []string{
		"/macs?limit=50", "/macs?limit=50&q={mac}", "/macs?limit=50&q={macend}", "/macs?limit=50&bound=no", "/macs?limit=50&bound=yes", "/macs?limit=50&sort=created&order=desc", "/macs?limit=50&page={far}",
		"/macs?limit=50&bound=yes&q={macend}",
	}},
	{"search of the palette", []string{"/sites?limit=5&q={word}", "/managers?limit=5&q={word}", "/subaccounts?limit=5&q={word}"}},
	{"audit", []string{
		"/audit?limit=50", "/audit?limit=50&q={word}", "/audit?limit=50&q=created+{number}", "/audit?limit=50&q=nobodysword", "/audit?limit=50&object=site", "/audit?limit=50&action=deleted", "/audit?limit=50&site={large}",
	}},
	{"events, none yet", []string{"/sites/{large}/events?limit=50", "/sites/{large}/events?limit=50&kind=call"}},
	{"overview of a site", []string{
		"/dashboard", "/sites/{large}", "/sites/{large}/readiness", "/sites/{large}/receipts?building={house}", "/sites/{large}/agents", "/sites/{large}/groups?limit=50", "/sites/{large}/boards?limit=50",
	}},
}

func pageFigure(list, engine string) string { return list + ": slowest page p95, " + engine }

// views is what the ways to look at lists are filled in with.
type views struct {
	large, small, office, commercial *plot
	macs                             int
}

func (v views) fill(way string) string {
	mac := fmt.Sprintf("0C11%08X", rand.N(v.macs)+1)
	return strings.NewReplacer(
		"{large}", v.large.id.String(), "{office}", v.office.id.String(), "{commercial}", v.commercial.id.String(), "{house}", pick(v.large.houses).ID.String(),
		"{word}", url.QueryEscape(strings.ToLower(pick(lastNames))), "{first}", url.QueryEscape(pick(firstNames)), "{number}", fmt.Sprintf("%d%02d", rand.N(40)+1, rand.N(10)+1),
		"{phone}", fmt.Sprint(rand.N(9000)+1000), "{mac}", mac, "{macend}", mac[7:], "{far}", fmt.Sprint(max(1, v.large.apartments/50-rand.N(5))),
	).Replace(way)
}

// newViews finds the sites that pages are asked of.
func newViews(plots []*plot, macs int) views {
	v := views{large: plots[0], small: plots[1], macs: macs}
	for _, o := range plots {
		switch o.kind {
		case domain.Office:
			v.office = o
		case domain.Commercial:
			v.commercial = o
		}
	}
	return v
}

// measurePages times every way to look at every list, over HTTP as the installer.
func measurePages(ctx context.Context, c *stack.Client, v views, engine string, times int, slow func(string)) ([]figure, error) {
	var figures []figure
	for _, list := range lists {
		worst, at := 0.0, ""
		for _, way := range list.ways {
			took, err := sample(times, func() error { return c.Do(ctx, "GET", v.fill(way), nil, nil) })
			if err != nil {
				return figures, err
			}
			p95 := measure.Percentile(took, 95)
			if p95 > longestPage {
				slow(fmt.Sprintf("%.0f ms  %s  %s", p95, engine, way))
			}
			if p95 > worst {
				worst, at = p95, way
			}
		}
		_, at, _ = strings.Cut(strings.ReplaceAll(at, "{large}", "…"), "?")
		if at == "" {
			at = "as it opens"
		}
		figures = append(figures, figure{
			name: pageFigure(list.name, engine), value: worst, unit: "ms",
			how: fmt.Sprintf("%d ways to look at it, %d times each; slowest: %s", len(list.ways), times, at),
		})
	}
	return figures, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// sample does something a few times after a first time that does not count, and gives the times in milliseconds.
func sample(times int, do func() error) ([]float64, error) {
	if err := do(); err != nil {
		return nil, err
	}
	out := make([]float64, times)
	for i := range out {
		took, err := timed(do)
		if err != nil {
			return nil, err
		}
		out[i] = milliseconds(took)
	}
	return out, nil
}
