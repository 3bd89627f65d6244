package box

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	agentstore "vestibule/agent/store"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/hub/hubtest"
	"vestibule/cloud/store/storetest"
	"vestibule/deploy/stack"
	"vestibule/shared/domain"
)

// plant is a whole cloud and a whole agent, each in a process of its own on a folder of its own, and doors on boards that know neither.
type plant struct {
	*doors
	t            *testing.T
	ofCloud      cloudSetting
	ofAgent      agentSetting
	cloud, agent *child
	program      string // a cloud to run in place of this very program
}

// newPlant starts everything and waits until the agent is online.
func newPlant(t *testing.T, ofCloud cloudSetting, agentDir, program string, n int) *plant {
	t.Helper()
	p := &plant{t: t, ofCloud: ofCloud, program: program}
	freeAddresses(t, &p.ofCloud.HTTP, &p.ofCloud.Agents, &p.ofCloud.MQTT)
	return p.begin(agentDir, n)
}

// freeAddresses finds some that nobody listens on.
func freeAddresses(t *testing.T, into ...*string) {
	t.Helper()
	for i, port := range hubtest.Ports(t, len(into)) {
		*into[i] = "127.0.0.1:" + port
	}
}

func (p *plant) begin(agentDir string, n int) *plant {
	p.t.Helper()
	p.startCloud()
	p.settle(agentDir, n)
	return p
}

// settle makes the first account, the doors and the agent, and waits until it is online.
func (p *plant) settle(agentDir string, n int) (token string) {
	p.t.Helper()
	raw, err := os.ReadFile(filepath.Join(p.ofCloud.Dir, "setup-token"))
	if err != nil {
		p.t.Fatal(err)
	}
	c := cloudtest.Client{URL: "http://" + p.ofCloud.HTTP}
	c.Token = cloudtest.Want[struct{ Token string }](p.t, c, http.StatusCreated, http.MethodPost, "/setup", map[string]any{
		"token": strings.TrimSpace(string(raw)), "email": "ada@example.com", "password": cloudtest.Password, "name": "Ada", "organisation": "Doors Ltd", "bearer": true,
	}).Token
	p.doors = newDoors(p.t, c, n)
	p.ofAgent = agentSetting{agentDir, cloudtest.Want[claim](p.t, c, http.StatusCreated, http.MethodPost, p.path+"/claims", nil).Link}
	p.startAgent()
	p.online(p.t)
	return c.Token
}

// startCloud starts the cloud, again after a kill on the same ports and folder, and waits until it answers.
func (p *plant) startCloud(env ...string) {
	p.t.Helper()
	cmd := role(p.t, "cloud", p.ofCloud)
	if p.program != "" {
		cmd = exec.Command(p.program, "--data", p.ofCloud.Dir, "--http", p.ofCloud.HTTP, "--agents", p.ofCloud.Agents, "--mqtt", p.ofCloud.MQTT) //nolint:gosec // of this module
		cmd.Env = append(os.Environ(), env...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	}
	p.cloud = run(p.t, "cloud", cmd)
	nobody := stack.NewClient("http://"+p.ofCloud.HTTP, "")
	eventually(p.t, patience, "the cloud answers", func() bool {
		if p.cloud.ended() {
			p.t.Fatal("the cloud ended by itself")
		}
		return nobody.Do(p.t.Context(), http.MethodGet, "/setup", nil, nil) == nil
	})
}

func (p *plant) startAgent() { p.agent = start(p.t, "agent", p.ofAgent) }

// reach opens the last door until that is done: cloud, agent and the line between them live.
func (p *plant) reach() {
	p.t.Helper()
	eventually(p.t, patience, "a door opens", func() bool {
		a, err := p.open(p.t.Context(), p.all[len(p.all)-1], fmt.Sprint("reach-", time.Now().UnixNano()))
		return err == nil && a.Result == domain.ActDone
	})
}

// flow lets people open doors all the time, whatever comes of it, until it is ended; then it gives what they were told.
func (p *plant) flow(people int) (end func() []ask) {
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	var told []ask
	var work sync.WaitGroup
	for i := range people {
		work.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				a, err := p.open(ctx, p.all[i], fmt.Sprint("flow-", i, "-", n))
				if err == nil {
					mu.Lock()
					told = append(told, a)
					mu.Unlock()
				}
				<-time.After(20 * time.Millisecond)
			}
		})
	}
	return func() []ask { cancel(); work.Wait(); return told }
}

// kept is where the agent's own store stands: it gave out these numbers.
type kept struct {
	epoch domain.EpochID
	last  map[string]uint64
}

// settled waits until the agent has nothing left to tell, ends it and reads its store.
func (p *plant) settled() kept {
	p.t.Helper()
	var k kept
	eventually(p.t, patience, "the agent has told everything", func() bool {
		p.reach()
		<-time.After(time.Second)
		p.agent.end(syscall.SIGTERM)
		s, err := agentstore.Open(p.t.Context(), p.ofAgent.Dir)
		if err != nil {
			p.t.Fatal(err)
		}
		m, err := s.Marks(p.t.Context())
		if err = errors.Join(err, s.Close()); err != nil {
			p.t.Fatal(err)
		}
		k = kept{m.Epoch, map[string]uint64{"audit": m.Audit.Last, "status": m.Status.Last}}
		if m.Audit.Count+m.Status.Count == 0 {
			return true
		}
		p.startAgent()
		return false
	})
	return k
}

// count is what judging the log found.
type count struct{ rows, acts, gaps, lost, doubled int }

// judge wants that the cloud has every row that the agent ever gave a number, once; that what a board saw stands there; and that nothing stands there that no board saw.
func (p *plant) judge(gaps bool) count {
	p.t.Helper()
	k := p.settled()
	rows := p.rows(p.t)
	found := count{rows: len(rows)}
	seen := map[string]map[uint64]int{"audit": {}, "status": {}}
	for _, r := range rows {
		if r.Epoch != k.epoch.String() {
			p.t.Errorf("a row of another epoch: %+v", r)
		}
		from := r.Seq
		if r.Kind == "gap" {
			found.gaps++
			from = uint64(r.Body["from"].(float64))
		}
		for n := from; n <= r.Seq; n++ {
			seen[r.Stream][n]++
		}
	}
	for stream, last := range k.last {
		for n := uint64(1); n <= last; n++ {
			switch times := seen[stream][n]; {
			case times == 0:
				found.lost++
				p.t.Errorf("row %d of %s is lost", n, stream)
			case times > 1:
				found.doubled += times - 1
				p.t.Errorf("row %d of %s stands in the cloud %d times", n, stream, times)
			}
		}
		if len(seen[stream]) != int(last) {
			p.t.Errorf("the cloud has %d rows of %s, the agent gave out %d", len(seen[stream]), stream, last)
		}
	}
	if found.gaps > 0 && !gaps {
		p.t.Errorf("%d holes", found.gaps)
	}
	found.acts = p.witnessed(rows, found.gaps)
	p.whole(p.t)
	return found
}

// witnessed compares the rows of doors with what the boards saw.
func (p *plant) witnessed(rows []row, gaps int) int {
	p.t.Helper()
	done, unsure := map[door]int{}, map[door]int{}
	of := map[[2]any]door{}
	for _, g := range p.all {
		of[[2]any{g.device, float64(g.relay)}] = g
	}
	for _, r := range rows {
		if r.Kind != "door_log" {
			continue
		}
		switch g := of[[2]any{r.Body["device_id"], r.Body["relay"]}]; r.Body["result"] {
		case "done":
			done[g]++
		case "unknown":
			unsure[g]++
		}
	}
	acts := 0
	for g, moves := range p.acts() {
		acts += len(moves)
		if n := len(moves); done[g] > n || n > done[g]+unsure[g] && gaps == 0 {
			p.t.Errorf("%+v moved %d times; the log says done %d times and unknown %d times", g, n, done[g], unsure[g])
		}
	}
	return acts
}

// The cloud, the agent or both are killed with -9 at random points while doors are opened. Every row that the agent's store took is with the cloud once, and what
// the boards saw stands in it: lost 0, doubled 0.
//
// shows EDGE-06/R06 EDGE-06/R07 EDGE-31/R09 by cloud/eventlog/service.go: "return s.Store.SaveCursor(ctx, site, agent, b.Epoch, b.Stream, out.Cursor, vouched(b, out))" => "return nil"
func TestKill_AgentAndWholeCloudDieAnywhereAndNoRowIsLostOrDoubled(t *testing.T) {
	databases := map[string]func(*testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresDSN}
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			p := newPlant(t, cloudSetting{Dir: t.TempDir(), Database: database(t)}, t.TempDir(), "", 2*domain.MaxRelays)
			random := rand.New(rand.NewPCG(4, 4)) //nolint:gosec // the same points every time
			deaths := times(4, 500)
			end := p.flow(domain.MaxRelays)
			for k := range deaths {
				<-time.After(time.Duration(random.IntN(400)) * time.Millisecond)
				if k%3 != 0 {
					p.cloud.kill()
				}
				if k%3 != 1 {
					p.agent.kill()
				}
				if k%3 != 0 {
					p.startCloud()
				}
				if k%3 != 1 {
					p.startAgent()
				}
				p.reach()
			}
			told := end()
			n := p.judge(false)
			t.Logf("%d kills of agent, cloud or both while %d openings were answered: %d rows, %d acts seen by the boards; lost %d, doubled %d",
				deaths, len(told), n.rows, n.acts, n.lost, n.doubled)
		})
	}
}
