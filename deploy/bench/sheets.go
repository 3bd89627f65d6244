package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
)

// What the work on a large sheet may take, in seconds, and the cloud's memory meanwhile, in MiB.
const (
	longestPlan  = 5
	longestApply = 30
	longestUndo  = 30
	mostForSheet = 300
)

func sheetFigure(act, engine string) string { return "sheet of a large site: " + act + ", " + engine }

func sheetMemoryFigure(engine string) string {
	return "cloud: most resident memory with such a sheet, " + engine
}

var wantedSheets = func() []string {
	var out []string
	for _, engine := range engines {
		for _, act := range []string{"plan", "apply", "undo"} {
			out = append(out, sheetFigure(act, engine))
		}
		out = append(out, sheetMemoryFigure(engine))
	}
	return out
}()

// measureSheets times how a sheet of residents with devices gets into a new site and out again, on each engine.
func measureSheets(ctx context.Context, dir string, p measure.Programs, n amounts) ([]figure, error) {
	figures, err := measureSheet(ctx, engineSQLite, p.Cloud, filepath.Join(dir, "sheet-sqlite"), n.residents)
	if err != nil {
		return figures, err
	}
	cluster, err := measure.StartPostgres(ctx, "")
	if err != nil {
		return figures, err
	}
	defer cluster.End()
	more, err := measureSheet(ctx, enginePostgres, p.Cloud, filepath.Join(dir, "sheet-postgres"), n.residents, "--database", cluster.DSN)
	return append(figures, more...), err
}

func measureSheet(ctx context.Context, engine, program, data string, residents int, flags ...string) ([]figure, error) {
	cloud, err := startCloud(ctx, program, data, flags...)
	if err != nil {
		return nil, err
	}
	defer cloud.End(syscall.SIGTERM)
	client, err := setUp(ctx, cloud, data)
	if err != nil {
		return nil, err
	}
	var site stack.Named
	if err := client.Do(ctx, "POST", "/sites", map[string]any{"name": "Large", "time_zone": "Europe/Berlin", "kind": "community"}, &site); err != nil {
		return nil, err
	}
	s := sheetRun{client: client, path: "/sites/" + site.ID + "/imports", engine: engine, how: fmt.Sprintf("%d rows, each a home with its resident and a monitor, in a new site", residents)}
	if err := s.run(ctx, homesSheet(residents)); err != nil {
		return s.figures, err
	}
	most, err := measure.StatusOf(cloud.PID(), "VmHWM:")
	return append(s.figures, figure{sheetMemoryFigure(engine), most, "MiB", "VmHWM of the static program, from its start to the end of the undo"}), err
}

// homesSheet writes a file of homes.
func homesSheet(residents int) []byte {
	var out bytes.Buffer
	out.WriteString("Building,Apt,Device,FirstName,LastName,Email,MobileNumber,TelephoneCallingCode\n")
	for i := range residents {
		floor, door := i%perHouse/10+1, i%10+1
		fmt.Fprintf(&out, "House %d,%d%02d,\"Monitor,2,0C12%08X\",%s,%s,home%d@example.com,30%07d,49\n",
			i/perHouse+1, floor, door, i, pick(firstNames), pick(lastNames), i, i)
	}
	return out.Bytes()
}

// sheetRun takes one sheet through its plan, into the site and out of it.
type sheetRun struct {
	client       *stack.Client
	path, engine string
	how          string
	id           string
	figures      []figure
}

func (s *sheetRun) run(ctx context.Context, sheet []byte) error {
	began := time.Now()
	answer, err := s.client.Send(ctx, "POST", s.path+"?name=homes.csv", sheet)
	if err != nil {
		return err
	}
	var made stack.Named
	if err := json.Unmarshal(answer, &made); err != nil {
		return err
	}
	s.id = made.ID
	if err := s.takes(ctx, "plan", "ready", began, s.how+": from the upload until the plan can be read"); err != nil {
		return err
	}
	for _, act := range []struct{ name, end, how string }{{"apply", "applied", "one transaction, one version"}, {"undo", "undone", "everything deleted again"}} {
		began := time.Now()
		if err := s.client.Do(ctx, "POST", s.path+"/"+s.id+"/"+act.name, nil, nil); err != nil {
			return err
		}
		if err := s.takes(ctx, act.name, act.end, began, act.how); err != nil {
			return err
		}
	}
	return nil
}

// takes waits for the end of an act and keeps how long it took.
func (s *sheetRun) takes(ctx context.Context, act, end string, began time.Time, how string) error {
	err := measure.Eventually(ctx, 5*time.Minute, "the sheet is "+end, func() (bool, error) {
		var now struct {
			Phase   string `json:"phase"`
			Message string `json:"message"`
			Counts  struct {
				Error int `json:"error"`
			} `json:"counts"`
		}
		if err := s.client.Do(ctx, "GET", s.path+"/"+s.id, nil, &now); err != nil {
			return false, err
		}
		if now.Counts.Error > 0 || now.Message != "" {
			return false, fmt.Errorf("%s: %d rows with errors, %s", act, now.Counts.Error, strings.TrimSpace(now.Message))
		}
		return now.Phase == end, nil
	})
	s.figures = append(s.figures, figure{sheetFigure(act, s.engine), time.Since(began).Seconds(), "s", how})
	return err
}
