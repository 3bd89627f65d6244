package box

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vestibule/agent/outbox"
	agentstore "vestibule/agent/store"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/seal"
	"vestibule/cloud/store"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// asked is one message to the log: a batch, or for an empty one where an epoch stands.
type asked struct {
	Epoch domain.EpochID `cbor:"1,keyasint"`
	Batch wire.Events    `cbor:"2,keyasint"`
}

// told is the log's answer.
type told struct {
	Audit  uint64   `cbor:"1,keyasint"`
	Status uint64   `cbor:"2,keyasint"`
	Ack    wire.Ack `cbor:"3,keyasint"`
}

type machineTime struct{}

func (machineTime) Now() (time.Time, time.Duration) { return time.Now(), time.Millisecond }

// logSetting is what the log needs: a database file and whose rows it takes.
type logSetting struct {
	File  string
	Agent domain.AgentID
}

// serveLog is the cloud's log in a process of its own, spoken to over its standard input and output: it takes batches until it is killed.
func serveLog(ctx context.Context, cfg logSetting) error {
	s, err := store.Open(ctx, "sqlite:"+cfg.File)
	if err != nil {
		return err
	}
	s.Unlock(seal.New([32]byte{7}))
	events := eventlog.New(eventlog.Config{Store: s, Clock: machineTime{}, Logger: slog.New(slog.DiscardHandler)})
	for in := bufio.NewReader(os.Stdin); ; {
		var ask asked
		if err := readFrame(in, &ask); err != nil {
			return nil //nolint:nilerr // the test has ended
		}
		var answer told
		if len(ask.Batch.Rows) > 0 {
			answer.Ack, err = events.Take(ctx, cfg.Agent, ask.Batch)
		} else {
			answer.Audit, answer.Status, err = events.Acked(ctx, cfg.Agent, ask.Epoch)
		}
		if err != nil {
			return err
		}
		if err := writeFrame(os.Stdout, answer); err != nil {
			return err
		}
	}
}

func writeFrame(w io.Writer, v any) error {
	raw, err := wire.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(raw))), raw...)) //nolint:gosec // a batch is small
	return err
}

func readFrame(r io.Reader, v any) error {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return err
	}
	raw := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(r, raw); err != nil {
		return err
	}
	return wire.Unmarshal(raw, v)
}

// logProcess is a log that can be killed; it is an outbox's session.
type logProcess struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	acks chan wire.Ack
}

func startLog(t *testing.T, file string, agent domain.AgentID) *logProcess {
	t.Helper()
	p := &logProcess{t: t, cmd: role(t, "log", logSetting{file, agent}), acks: make(chan wire.Ack, 64)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *logProcess) welcome(epoch domain.EpochID) wire.Welcome {
	p.t.Helper()
	var answer told
	if err := writeFrame(p.in, asked{Epoch: epoch}); err != nil {
		p.t.Fatal(err)
	}
	if err := readFrame(p.out, &answer); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		for {
			var next told
			if readFrame(p.out, &next) != nil {
				close(p.acks)
				return
			}
			p.acks <- next.Ack
		}
	}()
	return wire.Welcome{AckedAudit: answer.Audit, AckedStatus: answer.Status}
}

func (p *logProcess) Conn() domain.ConnID                         { return domain.ConnID{1} }
func (p *logProcess) Reconnect(string)                            {}
func (p *logProcess) CloudTime() (time.Time, time.Duration, bool) { return time.Time{}, 0, false }

func (p *logProcess) Send(_ wire.Kind, body any) error {
	return writeFrame(p.in, asked{Batch: body.(wire.Events)})
}

// kill is kill -9.
func (p *logProcess) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// kills is how often the cloud dies.
func kills() int {
	if os.Getenv("VESTIBULE_SOAK") != "" {
		return 1000
	}
	return 12
}

// The cloud's log is killed with -9 at random points, between commit and acknowledgement too, while a real agent's outbox tells it rows. Every row is in the
// cloud's database once and in order, and the chain is whole: lost 0, doubled 0.
//
// shows EDGE-06/R06 EDGE-06/R07 by cloud/eventlog/service.go: "return s.Store.SaveCursor(ctx, site, agent, b.Epoch, b.Stream, out.Cursor, vouched(b, out))" => "return nil"
func TestKill_TheCloudDiesAnywhereAndNoRowIsLostOrDoubled(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "vestibule.db")
	s, c := openCloud(t, file)
	agent, site, caller := c.NewBox(c.Site).ID, c.Site, c.Person()
	shut(t, s)
	disk, err := agentstore.Open(t.Context(), filepath.Join(folder, "agent"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = disk.Close() }()
	o := outbox.New(outbox.Config{Shelf: disk, Agent: func() domain.AgentID { return agent }, Clock: clock.System{}})
	epoch, _, _, err := o.Position(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // the same points every time
	written, acknowledged := 0, 0
	add := func() {
		if err := o.Append(t.Context(), domain.EventAgent, domain.NoteBody{What: "test", Detail: fmt.Sprint(written)}); err != nil {
			t.Fatal(err)
		}
		written++
	}
	for life := range kills() {
		p := startLog(t, file, agent)
		o.Opened(p, p.welcome(epoch))
		left := time.Duration(random.IntN(60_000)) * time.Microsecond
		end := time.After(left)
		if life%2 == 1 { // on a busy machine nothing would ever be acknowledged: every other life begins with a word of the cloud
			end = nil
		}
		for alive := true; alive; {
			add()
			o.Turn(t.Context())
			select {
			case <-end:
				p.kill()
				alive = false
			case ack := <-p.acks:
				acknowledged++
				o.Received(envelope(t, ack))
				if end == nil {
					end = time.After(left)
				}
			case <-time.After(2 * time.Millisecond):
			}
		}
		o.Closed()
		o.Turn(t.Context())
	}
	s, c = openCloud(t, file)
	defer shut(t, s)
	upload(t, o, c.Events, agent)
	var rows []string
	for after := (eventlog.Query{Limit: 500}); ; {
		list, next, err := c.Events.List(caller, site, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			rows = append(rows, fmt.Sprint(e.Body["detail"]))
		}
		if after.Before = next; next == "" {
			break
		}
	}
	if len(rows) != written || acknowledged == 0 {
		t.Fatalf("%d rows in the cloud of %d, %d acknowledgements", len(rows), written, acknowledged)
	}
	for i, detail := range rows { // newest first
		if want := fmt.Sprint(written - 1 - i); detail != want {
			t.Fatalf("row %d from the end is %s, want %s", i, detail, want)
		}
	}
	found, err := c.Events.Verify(caller, site)
	if err != nil || len(found) != 1 || found[0].Bad != "" || found[0].Rows != uint64(written) {
		t.Errorf("%+v %v", found, err)
	}
	t.Logf("%d rows over %d kills, %d acknowledgements heard", written, kills(), acknowledged)
}

func envelope(t *testing.T, ack wire.Ack) wire.Envelope {
	t.Helper()
	data, err := wire.Seal(wire.KindAck, domain.ConnID{1}, ack)
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
