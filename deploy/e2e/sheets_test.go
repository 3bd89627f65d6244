package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"vestibule/cloud/hub/hubtest"
	"vestibule/cloud/store/storetest"
	"vestibule/deploy/stack"
)

// sheetHomes is how many homes the sheet of a crash describes, each with a resident and a monitor.
const sheetHomes = 400

// sheetCloud is a cloud program that is killed while it works on the sheet of a site.
type sheetCloud struct {
	t       *testing.T
	args    []string
	address string
	process *process
	client  *stack.Client
	site    string // its path
}

// sheetPlan is an import as the API shows it.
type sheetPlan struct {
	ID      string   `json:"id"`
	Phase   string   `json:"phase"`
	Done    int      `json:"done"`
	Blocked []string `json:"blocked"`
	Counts  struct {
		Rows  int `json:"rows"`
		Add   int `json:"add"`
		Same  int `json:"same"`
		Error int `json:"error"`
	} `json:"counts"`
}

func newSheetCloud(t *testing.T, flags ...string) *sheetCloud {
	t.Helper()
	at, data := "127.0.0.1:"+hubtest.Ports(t, 1)[0], t.TempDir()
	c := &sheetCloud{t: t, address: "http://" + at}
	c.args = append([]string{"--data", data, "--http", at, "--agents", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--log", "WARN"}, flags...)
	c.client = stack.NewClient(c.address, "")
	c.start()
	var err error
	if c.client, err = firstAccount(t.Context(), c.address, data); err != nil {
		t.Fatal(err)
	}
	return c
}

// found makes the site to work on.
func (c *sheetCloud) found(form map[string]any) {
	c.t.Helper()
	var made stack.Named
	c.do("POST", "/sites", form, &made)
	c.site = "/sites/" + made.ID
}

// start starts the program, again after its death, and waits until it answers.
func (c *sheetCloud) start() {
	c.t.Helper()
	cmd := exec.Command(program(c.t, cloudProgram), c.args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	c.process = launch(c.t, "cloud", cmd)
	eventually(c.t, patient, "the cloud answers", func() bool {
		if c.process.Ended() {
			c.t.Fatalf("the cloud ended: %v", c.process.Err)
		}
		return c.client.Do(c.t.Context(), "GET", "/setup", nil, nil) == nil
	})
}

// patient bounds the work on a sheet on a busy machine.
const patient = 2 * time.Minute

func (c *sheetCloud) do(method, path string, in, out any) {
	c.t.Helper()
	if err := c.client.Do(c.t.Context(), method, path, in, out); err != nil {
		c.t.Fatal(err)
	}
}

// export gives everything of the site, and version is that of the document which its building gets.
func (c *sheetCloud) export() string {
	c.t.Helper()
	return string(c.send("GET", "/export?format=csv"))
}

func (c *sheetCloud) version() uint64 {
	c.t.Helper()
	var site struct {
		Version uint64 `json:"version"`
	}
	c.do("GET", c.site, nil, &site)
	return site.Version
}

func (c *sheetCloud) plan(id string) (p sheetPlan) {
	c.t.Helper()
	c.do("GET", c.site+"/imports/"+id, nil, &p)
	return p
}

// reaches waits until an import is in a phase.
func (c *sheetCloud) reaches(id, phase string) sheetPlan {
	c.t.Helper()
	var p sheetPlan
	eventually(c.t, patient, "the import is "+phase, func() bool {
		p = c.plan(id)
		return p.Phase == phase
	})
	return p
}

// upload plans a file.
func (c *sheetCloud) upload(name string, raw []byte) (p sheetPlan) {
	c.t.Helper()
	text, err := c.client.Send(c.t.Context(), "POST", c.site+"/imports?name="+name, raw)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return c.reaches(p.ID, "ready")
}

// homes plans a sheet of homes for a new community.
func (c *sheetCloud) homes() sheetPlan {
	c.t.Helper()
	var sheet strings.Builder
	sheet.WriteString("Building,Apt,Device,FirstName,LastName\n")
	for i := range sheetHomes {
		fmt.Fprintf(&sheet, "House %d,%d,\"Monitor,2,0C11%08X\",Lily,Green\n", i/100, 100+i%100, i)
	}
	return c.upload("homes.csv", []byte(sheet.String()))
}

// killed begins an act on an import and kills the program: after a part of the time that the act takes, or once its rows are checked and are written.
func (c *sheetCloud) killed(id, act string, takes time.Duration, writing bool) {
	c.t.Helper()
	c.do("POST", c.site+"/imports/"+id+"/"+act, nil, nil)
	wait := rand.N(takes)
	if writing {
		wait = rand.N(takes / 4)
		eventually(c.t, patient, "the rows are checked", func() bool {
			p := c.plan(id)
			return p.Done == p.Counts.Rows || p.Phase == "applied"
		})
	}
	<-time.After(wait)
	c.process.kill()
	c.t.Logf("%s: killed %v after its start or its checks (%v)", act, wait, writing)
	c.start()
}

// whole checks that a site is as before or as after an act, and the import says which; as long as its work waits, either is true.
func (c *sheetCloud) whole(id, before, after, done string) {
	c.t.Helper()
	out, p := c.export(), c.plan(id)
	switch {
	case out != before && out != after:
		c.t.Fatalf("the import is %s, and the site is neither as before nor as after it:\n%s", p.Phase, out)
	case p.Phase == done && c.export() != after:
		c.t.Fatalf("the import says %s, and the site is not so", p.Phase)
	}
}

// An import is all or nothing, whenever the cloud is killed; what was begun is done once it is back, one version, and undone in the same way.
//
// shows BEY-08 by cloud/fleet/draft.go: "err := s.cfg.Store.InTx(ctx, func(ctx context.Context) error {" => "err := func(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }(ctx, func(ctx context.Context) error {"
func TestSheets_KilledWhileItIsAppliedOrUndoneIsAllOrNothing(t *testing.T) {
	c := newSheetCloud(t)
	c.found(map[string]any{"name": "Seaside", "time_zone": "UTC", "kind": "community"})
	before := c.export()
	p := c.homes()
	began := time.Now()
	c.do("POST", c.site+"/imports/"+p.ID+"/apply", nil, nil)
	c.reaches(p.ID, "applied")
	takes := time.Since(began)
	after := c.export()
	if strings.Count(after, "Lily") != sheetHomes {
		t.Fatalf("the sheet is not in the site:\n%s", after)
	}
	c.do("POST", c.site+"/imports/"+p.ID+"/undo", nil, nil)
	c.reaches(p.ID, "undone")
	for n := range sheetCrashes {
		c.do("POST", c.site+"/imports/"+p.ID+"/plan", nil, nil)
		if p = c.reaches(p.ID, "ready"); p.Counts.Add != sheetHomes || p.Counts.Error > 0 {
			t.Fatalf("round %d: %+v", n, p)
		}
		version := c.version()
		c.killed(p.ID, "apply", takes, n%2 == 1)
		c.whole(p.ID, before, after, "applied")
		c.reaches(p.ID, "applied")
		if c.export() != after || c.version() != version+1 {
			t.Fatalf("round %d: version %d after %d", n, c.version(), version)
		}
		c.killed(p.ID, "undo", takes, false)
		c.whole(p.ID, after, before, "undone")
		p = c.reaches(p.ID, "undone")
		if c.export() != before || c.version() != version+2 || len(p.Blocked) > 0 {
			t.Fatalf("round %d: %+v, version %d after %d", n, p, c.version(), version)
		}
	}
}

// On PostgreSQL other replicas may be at the work of a dead one: until the queue gives it to somebody else, the person may give it up, and plan and
// apply anew.
func TestSheets_KilledOnPostgreSQLIsAllOrNothingAndCanBeGivenUp(t *testing.T) {
	c := newSheetCloud(t, "--database", storetest.PostgresDSN(t))
	c.found(map[string]any{"name": "Seaside", "time_zone": "UTC", "kind": "community"})
	before := c.export()
	p := c.homes()
	c.killed(p.ID, "apply", 300*time.Millisecond, false)
	out := c.export() // before the phase is asked for: what the dead program asked of the database last may still be carried out
	if p = c.plan(p.ID); p.Phase == "applying" && out != before {
		t.Fatal("the import says that it is not applied, and something was written")
	}
	// Given up, unless it was carried out after all in this moment.
	if c.client.Do(t.Context(), "POST", c.site+"/imports/"+p.ID+"/cancel", nil, nil) == nil {
		c.do("POST", c.site+"/imports/"+p.ID+"/plan", nil, nil)
		c.reaches(p.ID, "ready")
		c.do("POST", c.site+"/imports/"+p.ID+"/apply", nil, nil)
	}
	p = c.reaches(p.ID, "applied")
	if after := c.export(); strings.Count(after, "Lily") != sheetHomes || c.homes().Counts.Add != 0 {
		t.Fatalf("%+v\n%s", p, after)
	}
}
