package box

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/hub/hubtest"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/deploy/stack"
	"vestibule/shared/domain"
)

// The sizes of the test with replicas: rows that the agent has to tell at each death, and how often everything dies.
var (
	drainRows     = times(1000, 5000)
	replicaRounds = times(1, 20)
	replicaNodes  = times(1, 3) // of the broker that die in a round
)

// replicas are two clouds, each in a process of its own, on one PostgreSQL and one broker of several nodes.
type replicas struct {
	*plant
	of      [2]cloudSetting
	process [2]*child
	clients [2]*stack.Client
	kill    func(node int) // a node of the broker at once
	start   func(node int)
	nodes   int
	store   *store.Store // what both stand on
	strikes []strike
}

// newReplicas starts a broker of a kind, two clouds and an agent with rows to tell.
func newReplicas(t *testing.T, kind string) *replicas {
	t.Helper()
	r := &replicas{plant: &plant{t: t}}
	base := cloudSetting{Dir: t.TempDir(), Database: storetest.PostgresDSN(t), Broker: kind + "://127.0.0.1:1", BrokerHost: "127.0.0.1:1"}
	dir, err := cloud.WriteBrokerFiles(t.Context(), cloud.Config{
		DataDir: base.Dir, Database: base.Database, Broker: base.Broker, BrokerHost: base.BrokerHost, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if files := hubtest.ReadFiles(t, dir); kind == "nats" {
		cluster := hubtest.StartNATS(t, files, 3)
		base.Broker, base.BrokerHost = "nats://"+cluster.Clouds[0]+","+cluster.Clouds[1]+","+cluster.Clouds[2], oneOf(t, cluster.Agents)
		r.kill, r.start, r.nodes = cluster.Kill, cluster.Start, 3
	} else {
		one := hubtest.StartMosquitto(t, files)
		base.Broker, base.BrokerHost = "mqtts://"+one.Cloud, one.Agents
		r.kill, r.start, r.nodes = func(int) { one.Stop() }, func(int) { one.Start() }, 1
	}
	for i := range r.of {
		r.of[i] = base
		freeAddresses(t, &r.of[i].HTTP, &r.of[i].Agents)
	}
	r.ofCloud = r.of[0]
	r.begin(t.TempDir(), 2*domain.MaxRelays)
	r.process[0] = r.cloud
	r.up(1)
	for i := range r.clients {
		r.clients[i] = stack.NewClient("http://"+r.of[i].HTTP, r.client.Token())
	}
	if r.store, err = store.Open(t.Context(), base.Database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() })
	return r
}

// up starts a replica.
func (r *replicas) up(i int) {
	r.t.Helper()
	r.ofCloud = r.of[i]
	r.startCloud()
	r.process[i] = r.cloud
}

// insist does something by one replica, and by the other when the first is not there: with the same key it is one command.
func (r *replicas) insist(first int, do func(*stack.Client) error) error {
	var err error
	for try := range 200 {
		err = do(r.clients[(first+try)%2])
		var p *stack.Problem
		if err == nil || errors.As(err, &p) && p.Status < http.StatusInternalServerError || errors.Is(err, context.Canceled) {
			return err
		}
		<-time.After(50 * time.Millisecond)
	}
	return err
}

// people open doors and change a setting of the site through both replicas until they are ended; then it gives what they were told and the number of edits.
func (r *replicas) people() (end func() (told []ask, refused, edits int)) {
	ctx, cancel := context.WithCancel(context.Background())
	var mu sync.Mutex
	var told []ask
	var work sync.WaitGroup
	var refused, edits atomic.Int64
	place, all := r.path, r.all // who waits for a door changes the client of r meanwhile
	for i := range domain.MaxRelays {
		work.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				var a ask
				asked := time.Now()
				err := r.insist(n, func(c *stack.Client) (err error) {
					mine := doors{path: place, client: c}
					a, err = mine.open(context.Background(), all[i], fmt.Sprint("people-", i, "-", n))
					return err
				})
				a.asked, a.answered = asked, time.Now()
				switch {
				case err == nil:
					mu.Lock()
					told = append(told, a)
					mu.Unlock()
				case offline(err):
					refused.Add(1)
				default:
					r.t.Errorf("asked for a door: %v", err)
				}
				<-time.After(20 * time.Millisecond)
			}
		})
	}
	work.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			err := r.insist(n, func(c *stack.Client) error {
				return c.Do(context.Background(), http.MethodPut, place, map[string]any{
					"name": "Court", "time_zone": "Europe/Berlin", "form": map[string]any{"no_visitor_log": n%2 == 0},
				}, nil)
			})
			if err != nil {
				r.t.Errorf("an edit: %v", err)
			}
			edits.Add(1)
			<-time.After(30 * time.Millisecond)
		}
	})
	return func() ([]ask, int, int) { cancel(); work.Wait(); return told, int(refused.Load()), int(edits.Load()) }
}

// hints wants that a reader of one replica hears of what the other did, and the other way round.
func (r *replicas) hints() {
	r.t.Helper()
	for i, at := range r.of {
		stream := cloudtest.Client{URL: "http://" + at.HTTP, Token: r.client.Token()}.Stream(r.t, r.path+"/stream", "")
		r.client = r.clients[1-i]
		r.reach()
		stream.Wait(r.t, "command")
	}
}

// opens waits until a door opens by a replica: it, the broker and the agent have found each other.
func (r *replicas) opens(i int) time.Duration {
	r.t.Helper()
	r.client = r.clients[i]
	began := time.Now()
	r.reach()
	return time.Since(began)
}

// honest wants of every command that was answered: it has one result in both replicas, which does not contradict what was told.
func (r *replicas) honest(told []ask) map[domain.ActResult]int {
	r.t.Helper()
	by, seen := map[domain.ActResult]int{}, map[string]bool{}
	for _, a := range told {
		if seen[a.ID] {
			r.t.Errorf("two answers for one command: %+v", a)
		}
		seen[a.ID] = true
		r.client = r.clients[0]
		one := r.command(r.t, a)
		r.client = r.clients[1]
		if other := r.command(r.t, a); one != other || one.Result == "" {
			r.t.Errorf("told %+v, then by one %+v and by the other %+v", a, one, other)
		}
		if a.Result != one.Result && a.Result != domain.ActUnknown {
			r.t.Errorf("told %+v, and then %+v", a, one)
		}
		by[one.told()]++
	}
	return by
}

// same wants that the agent holds the document of the cloud, to the last bit.
func (r *replicas) same() uint64 {
	r.t.Helper()
	site := r.site()
	var version uint64
	eventually(r.t, patience, "the agent holds the document", func() bool {
		head, err := r.store.ReadHead(r.t.Context(), site)
		linked, err2 := r.store.Linked(r.t.Context(), site)
		version = head.Version
		return errors.Join(err, err2) == nil && len(linked) == 1 && linked[0].Held == head
	})
	return version
}

// site is the site's id.
func (r *replicas) site() domain.SiteID {
	r.t.Helper()
	id, err := domain.ParseID[domain.SiteID](path.Base(r.path))
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// Two clouds on one PostgreSQL, once with Mosquitto, once with three nodes of NATS. Each cloud is killed with -9, then each node of the broker, each time in the middle of
// a backlog of rows that the agent tells, while people open doors and change settings through both. Every command has one honest result, every row is in the log
// once, and what the boards saw stands there; cloud and agent end with the same document.
//
// shows EDGE-06/R06 by cloud/eventlog/service.go: "return s.Store.SaveCursor(ctx, site, agent, b.Epoch, b.Stream, out.Cursor, vouched(b, out))" => "return nil"
func TestReplicas_CloudsAndNodesDieAndNothingIsLostOrDoubled(t *testing.T) {
	for _, kind := range []string{"mqtts", "nats"} {
		t.Run(kind, func(t *testing.T) {
			r := newReplicas(t, kind)
			r.hints()
			end := r.people()
			var longest time.Duration
			for range replicaRounds {
				for i := range r.process {
					r.strike(r.process[i].kill)
					longest = max(longest, r.opens(1-i))
					r.up(i)
				}
				for node := range min(replicaNodes, r.nodes) {
					r.strike(func() { r.kill(node) })
					if r.nodes > 1 {
						longest = max(longest, r.opens(node%2))
					}
					r.start(node)
				}
			}
			longest = max(longest, r.opens(0), r.opens(1))
			told, refused, edits := end()
			version := r.same()
			asked, behind, waiting := r.inTheMiddle(told)
			by := r.honest(told)
			n := r.judge(false)
			if by[domain.ActDone] == 0 || edits == 0 || n.rows < len(r.strikes)*drainRows {
				t.Error("nothing was at stake")
			}
			t.Logf("%s: %d deaths in the middle of %d doors, %d versions and %d rows, a door opened again after at most %v; %d commands: told %v, %d times nothing was sent; %d edits, version %d in both; %d rows, %d acts seen by the boards; lost %d, doubled %d",
				kind, len(r.strikes), asked, behind, waiting, longest.Round(time.Millisecond), len(told), by, refused, edits, version, n.rows, n.acts, n.lost, n.doubled)
		})
	}
}

// oneOf gives one address that leads to whichever of others answers, as a balancer does that leaves TLS alone.
func oneOf(t *testing.T, others []string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for turn := 0; ; turn++ {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go lead(from, others, turn)
		}
	}()
	return l.Addr().String()
}

func lead(from net.Conn, others []string, turn int) {
	defer func() { _ = from.Close() }()
	for i := range others {
		to, err := net.Dial("tcp", others[(turn+i)%len(others)])
		if err != nil {
			continue
		}
		go func() { _, _ = io.Copy(from, to); _ = from.Close() }()
		_, _ = io.Copy(to, from)
		_ = to.Close()
		return
	}
}
