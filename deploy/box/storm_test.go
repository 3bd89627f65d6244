package box

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/hub/hubtest"
	"vestibule/deploy/disturb"
	"vestibule/shared/domain"
)

// times gives how often a heavy test repeats itself: few in every run, many in a soak.
func times(few, many int) int {
	if os.Getenv("VESTIBULE_SOAK") != "" {
		return many
	}
	return few
}

// The counts of the storm: commands, the doors they are for, and how often the agent dies among as many commands as there are doors.
var (
	stormCommands = times(64, 100_000)
	stormDoors    = times(64, 1600)
	stormPeople   = times(16, 160)
	stormKills    = times(3, 12)
)

// storm is an agent in a process of its own behind a bad network, a real broker and a cloud.
type storm struct {
	*doors
	t       *testing.T
	broker  *hubtest.Mosquitto
	network *disturb.Proxy
	setting agentSetting
	agent   *child
}

// newStorm starts everything and waits until the agent is online. The network leaves all alone at first.
func newStorm(t *testing.T, n int) *storm {
	t.Helper()
	s := &storm{t: t}
	var err error
	if s.network, err = disturb.New(disturb.Config{Seed: 16}); err != nil {
		t.Fatal(err)
	}
	base := cloud.Config{
		HTTP: "127.0.0.1:0", Agents: "127.0.0.1:0", DataDir: t.TempDir(), HashCost: cloudtest.Cheap,
		Broker: "mqtts://127.0.0.1:1", BrokerHost: s.network.Addr(), Logger: slog.New(slog.DiscardHandler),
	}
	dir, err := cloud.WriteBrokerFiles(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	files := hubtest.ReadFiles(t, dir)
	s.broker = hubtest.StartOpenMosquitto(t, files)
	s.network.Lead(s.broker.Open, asBroker(t, files))
	live(t, s.network.Run)
	server := cloudtest.Start(t, "sqlite:"+base.DataDir+"/vestibule.db", func(cfg *cloud.Config) {
		cfg.DataDir, cfg.Database, cfg.Broker, cfg.BrokerHost, cfg.MQTT = base.DataDir, "", "mqtts://"+s.broker.Cloud, base.BrokerHost, ""
	})
	c := server.SetUp(t)
	s.doors = newDoors(t, c, n)
	s.setting = agentSetting{t.TempDir(), cloudtest.Want[claim](t, c, 201, "POST", s.path+"/claims", nil).Link}
	s.agent = start(t, "agent", s.setting)
	s.online(t)
	return s
}

// asBroker is the side of the broker that agents see.
func asBroker(t *testing.T, files hubtest.Files) *tls.Config {
	t.Helper()
	own, err := tls.X509KeyPair(files["broker.pem"], files["broker.key"])
	if err != nil {
		t.Fatal(err)
	}
	agents := x509.NewCertPool()
	if !agents.AppendCertsFromPEM(files["agents-ca.pem"]) {
		t.Fatal("no authority of agents")
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, ClientCAs: agents, ClientAuth: tls.RequireAndVerifyClientCert}
}

// tally is what came of all commands.
type tally struct {
	told                                     map[domain.ActResult]int
	moved, corrected, doubled, late, hopeful int
}

// round asks for each door once, as many at a time as there are people, while the agent is killed and the network is bad; with still its line to the agent
// stands still for longer than a command lives. It ends when every command is past its deadline and the agent has told what it knows; then the boards are read.
func (s *storm) round(doors []door, number, kills int, still bool, random *rand.Rand, total *tally) {
	s.t.Helper()
	var mu sync.Mutex
	var asks []ask
	var asked atomic.Int64
	work := make(chan door, len(doors))
	var people sync.WaitGroup
	for range stormPeople {
		people.Go(func() {
			for g := range work {
				a := s.insist(g, number)
				mu.Lock()
				asks = append(asks, a)
				mu.Unlock()
				asked.Add(1)
			}
		})
	}
	var moves time.Time
	for k := range kills + 1 {
		from, to := k*len(doors)/(kills+1), (k+1)*len(doors)/(kills+1)
		for _, g := range doors[from:to] {
			work <- g
		}
		if k == kills {
			break
		}
		for asked.Load() < int64((from+to)/2) { // some are asked, and some are on their way
			<-time.After(10 * time.Millisecond)
		}
		<-time.After(time.Duration(random.IntN(300))*time.Millisecond + time.Until(moves))
		s.agent.kill()
		s.agent = start(s.t, "agent", s.setting)
		if still && k == 0 {
			s.reach(number)
			s.network.StallDown(ttl + 3*slack)
			moves = time.Now().Add(ttl + 5*slack) // what stood still has arrived
		}
	}
	close(work)
	people.Wait()
	s.network.SetOdds(disturb.Odds{})
	s.judge(asks, total)
}

// reach opens a door of nobody's until that is done: then the line of today stands, whatever the cloud knows of the one before.
func (s *storm) reach(number int) {
	s.t.Helper()
	spare := s.all[len(s.all)-1]
	eventually(s.t, patience, "the agent opens a door", func() bool {
		a, err := s.open(s.t.Context(), spare, fmt.Sprint("reach-", number, "-", time.Now().UnixNano()))
		return err == nil && a.Result == domain.ActDone
	})
}

// insist asks for a door until the cloud has sent a command.
func (s *storm) insist(g door, number int) ask {
	deadline := time.After(patience)
	for try := 0; ; try++ {
		a, err := s.open(s.t.Context(), g, fmt.Sprint("storm-", number, "-", g.board, "-", g.coil, "-", try))
		if err == nil {
			return a
		}
		if !offline(err) {
			s.t.Errorf("asked for a door: %v", err)
			return a
		}
		select {
		case <-deadline:
			s.t.Errorf("the agent is never online: %v", err)
			return a
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// slack is how much later than it came a board on a busy machine may note an order.
const slack = time.Second

// judge compares what was told with what the boards got. Doors take turns: each has one command in a round.
func (s *storm) judge(asks []ask, total *tally) {
	s.t.Helper()
	s.reach(-1)
	newest := time.Time{}
	for _, a := range asks {
		if a.IssuedAt.After(newest) {
			newest = a.IssuedAt
		}
	}
	<-time.After(time.Until(newest.Add(ttl + 2*slack))) // whoever moves a door after its deadline has moved it now
	acts := s.acts()
	for _, first := range asks {
		a := s.command(s.t, first)
		moves := acts[a.door]
		total.told[a.told()]++
		total.moved += len(moves)
		switch {
		case len(moves) > 1:
			total.doubled++
			s.t.Errorf("%+v moved its door %d times", a, len(moves))
		case a.told() == domain.ActDone && len(moves) == 0, first.Result == domain.ActDone && len(moves) == 0:
			total.hopeful++
			s.t.Errorf("%+v is done, and its door did not move", a)
		case len(moves) == 1 && a.told() != domain.ActDone && a.told() != domain.ActUnknown:
			s.t.Errorf("%+v moved its door", a)
		case len(moves) == 1 && a.Late != "":
			total.corrected++
		}
		for _, at := range moves {
			if after := at.Sub(a.IssuedAt); after > ttl+slack {
				total.late++
				s.t.Errorf("%+v moved its door %v after it was asked", a, after)
			}
		}
	}
}

// once wants that the log has each command once, and each that moved a door.
func (s *storm) once() {
	s.t.Helper()
	count := map[string]int{}
	for _, r := range s.rows(s.t, "command") {
		count[fmt.Sprint(r.Body["command_id"])]++
	}
	for id, n := range count {
		if n > 1 {
			s.t.Errorf("command %s stands in the log %d times", id, n)
		}
	}
	s.whole(s.t)
}

// Commands go to an agent that is killed again and again, through a network that doubles, delays, reorders and stalls messages and cuts lines. The boards, which know
// neither agent nor cloud, see: no door twice, none after its deadline, and none left shut that was said to be open.
//
// shows EDGE-16/R40 EDGE-13/R36 BEY-04 by agent/remote/gate.go: "left := ttl - age - bound" => "left := ttl"
func TestStorm_NoDoorTwiceNoneLateAndNoHopefulSuccess(t *testing.T) {
	s := newStorm(t, stormDoors+1)
	random := rand.New(rand.NewPCG(16, 40)) //nolint:gosec // the same points every time
	total := tally{told: map[domain.ActResult]int{}}
	killed := 0
	for number := 0; number*stormDoors < stormCommands; number++ {
		s.network.SetOdds(disturb.Odds{Twice: .3, Later: .3, Stall: .02, Cut: .002, Wait: 1500 * time.Millisecond, Still: time.Second})
		s.round(s.all[:min(stormDoors, stormCommands-number*stormDoors)], number, stormKills, number%20 == 0, random, &total)
		killed += stormKills
		if t.Failed() {
			break
		}
	}
	s.once()
	n := s.network.Counts()
	t.Logf("%d commands, %d kills of the agent; of %d messages %d twice, %d held back, %d overtaken, %d standstills, %d cuts: %d doors moved, told %v, %d corrected by the agent later; "+
		"double acts %d, late acts %d, false done %d", stormCommands, killed, n.Messages, n.Twice, n.Later, n.Overtaken, n.Stalls, n.Cuts, total.moved, total.told, total.corrected,
		total.doubled, total.late, total.hopeful)
	if total.told[domain.ActDone] == 0 || total.told[domain.ActExpired] == 0 || n.Overtaken == 0 || n.Twice == 0 {
		t.Error("the storm was no storm")
	}
}
