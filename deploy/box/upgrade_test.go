package box

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/hub/hubtest"
	"vestibule/cloud/store/storetest"
	"vestibule/deploy/balance"
	"vestibule/shared/domain"
)

// pair are two clouds in processes of their own on one PostgreSQL and one Mosquitto, behind a load balancer, and a plant that they serve.
type pair struct {
	*plant
	balancer *balance.Balancer
	token    string
	settings [2]cloudSetting
	replicas [2]*child
}

func newPair(t *testing.T) *pair {
	t.Helper()
	base := cloud.Config{
		HTTP: "127.0.0.1:0", Agents: "127.0.0.1:0", DataDir: t.TempDir(), Database: storetest.PostgresDSN(t), HashCost: cloudtest.Cheap,
		Broker: "mqtts://127.0.0.1:1", BrokerHost: "127.0.0.1:1", Logger: slog.New(slog.DiscardHandler),
	}
	files, err := cloud.WriteBrokerFiles(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	broker := hubtest.StartMosquitto(t, hubtest.ReadFiles(t, files))
	p := &pair{}
	var at [4]string
	freeAddresses(t, &at[0], &at[1], &at[2], &at[3])
	for i := range p.settings {
		p.settings[i] = cloudSetting{
			Dir: base.DataDir, Database: base.Database, HTTP: at[2*i], Agents: at[2*i+1], AgentsHost: at[1],
			Broker: "mqtts://" + broker.Cloud, BrokerHost: broker.Agents, Drain: 3 * time.Second, // a busy machine looks late
		}
	}
	p.balancer = balance.Start(p.settings[0].HTTP, p.settings[1].HTTP)
	t.Cleanup(p.balancer.Close)
	p.plant = &plant{t: t, ofCloud: cloudSetting{Dir: base.DataDir, HTTP: strings.TrimPrefix(p.balancer.URL, "http://")}}
	for i := range p.replicas {
		p.replicas[i] = start(t, "cloud", p.settings[i])
		p.ready(i)
	}
	p.token = p.settle(t.TempDir(), 2*domain.MaxRelays)
	return p
}

// ready waits until the balancer uses replicas.
func (p *pair) ready(which ...int) {
	p.t.Helper()
	for _, i := range which {
		eventually(p.t, patience, fmt.Sprint("replica ", i, " is ready"), func() bool {
			if p.replicas[i].ended() {
				p.t.Fatalf("replica %d ended by itself", i)
			}
			return p.balancer.Ready(p.settings[i].HTTP)
		})
	}
}

// replace ends a replica as a service manager does, and starts it again.
func (p *pair) replace(i int) {
	p.t.Helper()
	p.replicas[i].end(syscall.SIGTERM)
	if code := p.replicas[i].cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("replica %d ended with %d", i, code)
	}
	p.replicas[i] = start(p.t, "cloud", p.settings[i])
	p.ready(i)
}

// load is what people do to the API, all the time; whatever fails is kept.
type load struct {
	mu     sync.Mutex
	calls  int
	failed []string
	result map[domain.ActResult]int // of doors
	houses []string                 // buildings that were made, as the answers said
	orders int                      // times that a stream ended with a word about coming back
}

func (l *load) note(what string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls++; err != nil {
		l.failed = append(l.failed, what+": "+err.Error())
	}
}

// press lets people read, edit, open doors and look at the site live, until it is ended.
func (p *pair) press(l *load) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	again := func(pause time.Duration, do func(n int)) {
		work.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				do(n)
				<-time.After(pause)
			}
		})
	}
	for _, path := range []string{p.path, p.path + "/devices", p.path + "/events?limit=50"} {
		again(20*time.Millisecond, func(int) { l.note("read", p.client.Do(context.WithoutCancel(ctx), http.MethodGet, path, nil, nil)) })
	}
	again(50*time.Millisecond, func(n int) {
		var made named
		err := p.client.Do(context.WithoutCancel(ctx), http.MethodPost, p.path+"/buildings", map[string]any{"name": fmt.Sprint("House ", n)}, &made)
		l.note("edit", err)
		if err == nil {
			l.houses = append(l.houses, made.ID)
		}
	})
	for i := range domain.MaxRelays {
		again(20*time.Millisecond, func(n int) {
			a, err := p.open(context.WithoutCancel(ctx), p.all[i], fmt.Sprint("upgrade-", i, "-", n))
			l.note("open", err)
			l.mu.Lock()
			l.result[a.Result]++
			l.mu.Unlock()
		})
	}
	work.Go(func() {
		for ctx.Err() == nil {
			p.look(ctx, l)
		}
	})
	return func() { cancel(); work.Wait() }
}

// look reads the live stream of the site to its end, which the service announces.
func (p *pair) look(ctx context.Context, l *load) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.balancer.URL+"/api/v1"+p.path+"/stream", nil)
	if err == nil {
		r.Header.Set("Authorization", "Bearer "+p.token)
		var answer *http.Response
		if answer, err = http.DefaultClient.Do(r); err == nil {
			defer answer.Body.Close()
			told := false
			lines := bufio.NewScanner(answer.Body)
			for lines.Scan() {
				told = told || strings.HasPrefix(lines.Text(), "retry: ")
			}
			switch err = lines.Err(); {
			case answer.StatusCode != http.StatusOK:
				err = fmt.Errorf("stream: %d", answer.StatusCode)
			case err == nil && !told:
				err = fmt.Errorf("the stream ended without a word")
			case err == nil:
				l.orders++
			}
		}
	}
	if ctx.Err() == nil {
		l.note("look", err)
	}
}

// Two clouds are replaced one after the other while people read, edit, open doors and look on, and the building sends its log: no call fails, no row is lost, none
// stands there twice, and every edit that was answered was made once.
//
// shows EDGE-06/R06 EDGE-06/R07 by cloud/eventlog/service.go: "return s.Store.SaveCursor(ctx, site, agent, b.Epoch, b.Stream, out.Cursor, vouched(b, out))" => "return nil"
func TestUpgrade_BothReplicasAreReplacedUnderLoadAndNothingFails(t *testing.T) {
	p := newPair(t)
	l := &load{result: map[domain.ActResult]int{}}
	began := time.Now()
	end := p.press(l)
	<-time.After(time.Second)
	rounds := times(1, 20)
	for range rounds {
		p.replace(0)
		p.replace(1)
	}
	<-time.After(time.Second)
	end()
	for i, why := range l.failed {
		if i < 10 {
			t.Errorf("call failed: %s", why)
		}
	}
	balancer := p.balancer.Counts()
	if balancer.Broken+balancer.Repeated > 0 || l.result[domain.ActDone] == 0 || l.orders < 2*rounds-1 {
		t.Errorf("balancer %+v, doors %v, streams that ended in order %d", balancer, l.result, l.orders)
	}
	var made struct {
		Items []named
		Total int
	}
	if err := p.client.Do(t.Context(), http.MethodGet, p.path+"/buildings?limit=1000", nil, &made); err != nil || len(made.Items) != len(l.houses)+1 {
		t.Errorf("%d buildings, %d were answered for (%v)", len(made.Items)-1, len(l.houses), err)
	}
	n := p.judge(false)
	t.Logf("%d replicas replaced within %v: %d calls, %d failed; %d buildings; doors %v; balancer %+v; %d rows, lost %d, doubled %d",
		2*rounds, time.Since(began).Round(time.Second), l.calls, len(l.failed), len(l.houses), l.result, balancer, n.rows, n.lost, n.doubled)
}
