package store_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"

	"vestibule/agent/enroll"
	"vestibule/agent/outbox"
	"vestibule/agent/remote"
	"vestibule/agent/sip/sipstate"
	"vestibule/agent/store"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

var ctx = context.Background()

func open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func id[T ~[16]byte]() T { return domain.NewID[T](time.Now()) }

func newOutbox(s *store.Store) *outbox.Outbox {
	return outbox.New(outbox.Config{Shelf: s, Agent: func() domain.AgentID { return domain.AgentID{1} }, Clock: clock.System{}})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Private keys lie in the folder: nobody else may read it.
func TestOpen_FolderAndFilesAreOurs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir)
	if err := s.SetMeta(ctx, "x", []byte("y")); err != nil {
		t.Fatal(err)
	}
	if mode := must(os.Stat(dir)).Mode().Perm(); mode != 0o700 {
		t.Errorf("folder %o", mode)
	}
	files := must(os.ReadDir(dir))
	if len(files) < 3 {
		t.Errorf("%d files, want database, WAL and lock", len(files))
	}
	for _, f := range files {
		if mode := must(f.Info()).Mode().Perm(); mode != 0o600 {
			t.Errorf("%s %o", f.Name(), mode)
		}
	}
}

func TestOpen_RefusesASecondAgentAndANewerFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := store.Open(ctx, dir); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("a second agent in the folder: %v", err)
	}
	if err := s.SetSchema(ctx, 99); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(ctx, dir); fault.CodeOf(err) != fault.Invalid {
		t.Fatalf("a newer file: %v", err)
	}
}

func TestInTx_JoinsUndoesAndTellsAfterCommit(t *testing.T) {
	s := open(t, t.TempDir())
	told := 0
	stop := errors.New("stop")
	err := s.InTx(ctx, func(ctx context.Context) error {
		s.AfterCommit(ctx, func() { told++ })
		if err := s.InTx(ctx, func(ctx context.Context) error { return s.SetMeta(ctx, "a", []byte("1")) }); err != nil {
			return err
		}
		if v, err := s.Meta(ctx, "a"); err != nil || string(v) != "1" {
			t.Errorf("not seen inside: %q %v", v, err)
		}
		return stop
	})
	if !errors.Is(err, stop) || told != 0 {
		t.Fatalf("%v, told %d", err, told)
	}
	if v, err := s.Meta(ctx, "a"); err != nil || v != nil {
		t.Fatalf("left behind: %q %v", v, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	err = s.InTx(ended, func(ctx context.Context) error {
		s.AfterCommit(ctx, func() { told++ })
		return s.SetMeta(ctx, "a", []byte("2"))
	})
	if v, _ := s.Meta(ctx, "a"); err != nil || told != 1 || string(v) != "2" {
		t.Fatalf("a fact is lost because the program stops: %v", err)
	}
}

func TestFence_GrowsAndJumps(t *testing.T) {
	s := open(t, t.TempDir())
	var last uint64
	for range 3 {
		_, n, err := s.NextCounter(ctx)
		if err != nil || n <= last {
			t.Fatal(n, err)
		}
		last = n
	}
	if err := s.JumpFence(ctx, 2, 500); err != nil {
		t.Fatal(err)
	}
	if gen, n, err := s.NextCounter(ctx); err != nil || n != 501 || gen != 2 {
		t.Fatal(gen, n, err)
	}
	if err := s.JumpFence(ctx, 1, 5); err != nil {
		t.Fatal(err)
	}
	if gen, n, err := s.NextCounter(ctx); err != nil || n != 502 || gen != 2 {
		t.Fatal(gen, n, err)
	}
}

// A new claim begins with an empty box: nothing of an earlier site stays.
//
// shows EDGE-01 by agent/store/meta.go: "if _, err := s.exec(ctx, \"DELETE FROM \"+table); err != nil {" => "if err := error(nil); err != nil {"
func TestAdopt_BeginsAnew(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	o := newOutbox(s)
	if err := o.Append(ctx, domain.EventDoor, domain.DoorBody{}); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveVersion(ctx, 4, desired.Hash{4}, []desired.Op{{Section: desired.SectionSite, Key: desired.Key{1}, Body: []byte{1}}}); err != nil {
		t.Fatal(err)
	}
	before := must(s.Marks(ctx))
	mine := enroll.Identity{Agent: id[domain.AgentID](), SiteName: "Harbour", Generation: 7, Key: secret.New("key")}
	if err := s.Adopt(ctx, mine); err != nil {
		t.Fatal(err)
	}
	after := must(s.Marks(ctx))
	if after.Audit.Last != 0 || after.Audit.Count != 0 || after.Epoch == before.Epoch {
		t.Fatalf("%+v", after)
	}
	if rows := must(s.Rows(ctx, domain.StreamAudit, 0, 10, 1000)); len(rows) != 0 {
		t.Fatal("rows of the earlier site stay")
	}
	if held, doc, err := s.Document(ctx); err != nil || held.Version != 0 || len(doc.Sections()) != 0 {
		t.Fatal("the document of the earlier site stays")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	got, ok, err := s.Identity(ctx)
	if err != nil || !ok || !reflect.DeepEqual(got, mine) {
		t.Fatalf("%+v %v", got, err)
	}
	if gen, n, err := s.NextCounter(ctx); err != nil || gen != 7 || n != 1 {
		t.Fatal(gen, n, err)
	}
}

func TestDocument_UndoLeadsBackToTheLastGoodVersion(t *testing.T) {
	s := open(t, t.TempDir())
	put := func(k byte, body string) desired.Op {
		return desired.Op{Section: desired.SectionDevices, Key: desired.Key{k}, Body: []byte(body)}
	}
	del := func(k byte) desired.Op { return desired.Op{Section: desired.SectionDevices, Key: desired.Key{k}} }
	save := func(v uint64, ops ...desired.Op) {
		t.Helper()
		if err := s.SaveVersion(ctx, v, desired.Hash{byte(v)}, ops); err != nil {
			t.Fatal(err)
		}
	}
	save(1, put(1, "a"), put(2, "b"), put(3, "c"))
	if err := s.MarkGood(ctx); err != nil {
		t.Fatal(err)
	}
	_, good, err := s.Document(ctx)
	if err != nil {
		t.Fatal(err)
	}
	save(2, put(1, "A"), del(2), put(4, "d"))
	save(3, put(1, "AA"), put(2, "B"), del(4), del(3), put(5, "e"))
	if err := s.FallBack(ctx); err != nil {
		t.Fatal(err)
	}
	held, doc, err := s.Document(ctx)
	if err != nil || held.Version != 1 || held.Rejected != 3 || held.Hash != (desired.Hash{1}) || doc.Hash() != good.Hash() {
		t.Fatalf("%+v %v; entities %d", held, err, doc.Len(desired.SectionDevices))
	}
}

func TestNouns_SurviveARestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	dev := id[domain.DeviceID]()
	binding := sipstate.Binding{
		DeviceID: dev, User: "1000000001", Contact: "sip:1@10.0.0.1", Source: "10.0.0.1:5060", CallID: "x", CSeq: 3, Transport: "udp",
		ExpiresAt: time.UnixMilli(1_800_000_000_123).UTC(),
	}
	receipt := wire.DeviceReport{DeviceID: dev, State: wire.ReceiptApplied, Version: 3, Online: true}
	entry := remote.Entry{ID: id[domain.CommandID](), Kind: wire.CommandDoorOpen, Started: time.UnixMilli(1_800_000_000_000).UTC()}
	fact := store.Fact{MAC: "0C1105000001", Body: []byte{1}, Seen: time.UnixMilli(5).UTC()}
	call := domain.CallBody{CallID: id[domain.CallID](), Dialled: "101"}
	_, err := s.Start(ctx, entry)
	if err := errors.Join(err, s.PutBinding(ctx, binding), s.PutReceipt(ctx, receipt), s.PutWritten(ctx, dev, [32]byte{9}),
		s.PutFact(ctx, fact), newOutbox(s).Append(ctx, domain.EventCall, call), s.SaveTime(ctx, time.UnixMilli(1000)), s.SaveTime(ctx, time.UnixMilli(500)), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if got := must(s.Bindings(ctx)); !reflect.DeepEqual(got, []sipstate.Binding{binding}) {
		t.Errorf("bindings %+v", got)
	}
	if got := must(s.Receipts(ctx)); !reflect.DeepEqual(got, []wire.DeviceReport{receipt}) {
		t.Errorf("receipts %+v", got)
	}
	if got := must(s.Open(ctx)); !reflect.DeepEqual(got, []remote.Entry{entry}) {
		t.Errorf("journal %+v", got)
	}
	if got := must(s.Facts(ctx)); !reflect.DeepEqual(got, []store.Fact{fact}) {
		t.Errorf("facts %+v", got)
	}
	if got := must(s.Calls(ctx)); len(got) != 1 || !reflect.DeepEqual(got[0].Body, call) || got[0].At.IsZero() {
		t.Errorf("calls %+v", got)
	}
	if hash, ok, err := s.Written(ctx, dev); err != nil || !ok || hash != [32]byte{9} {
		t.Errorf("written %v %v %v", hash, ok, err)
	}
	if got := must(s.LastTime(ctx)); got.UnixMilli() != 1000 {
		t.Errorf("time %v", got)
	}
	if err := errors.Join(s.DeleteBinding(ctx, dev), s.DropReceipt(ctx, dev)); err != nil {
		t.Fatal(err)
	}
	if len(must(s.Bindings(ctx)))+len(must(s.Receipts(ctx))) != 0 {
		t.Error("deleted rows stay")
	}
}

// Row 30 of the failure table: when nothing more fits, the oldest rows give way and the fact is stored.
//
// shows EDGE-06/R08 by agent/store/store.go: "if roomErr := s.commit(ctx, makeRoom, true); roomErr != nil {" => "if roomErr := error(nil); roomErr != nil {"
func TestFullDisk_OldRowsGiveWay(t *testing.T) {
	s := open(t, t.TempDir())
	o := newOutbox(s)
	s.OnFull(o.MakeRoom)
	for i := range 2000 {
		if err := o.Append(ctx, domain.EventDeviceStatus, domain.StatusBody{Address: strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.LimitPages(ctx); err != nil { // the file may not grow any more
		t.Fatal(err)
	}
	for range 500 {
		if err := o.Append(ctx, domain.EventDoor, domain.DoorBody{By: "a digit in a call", Means: domain.MeansDTMF}); err != nil {
			t.Fatalf("a door row was refused: %v", err)
		}
	}
	m := must(s.Marks(ctx))
	if m.Audit.Count != 500 || m.Status.Dropped == 0 {
		t.Fatalf("%+v", m)
	}
}

// A committed row survives kill -9, in order and without a gap, and the numbers go on. Row 4 of the failure table.
//
// shows EDGE-06/R06 EDGE-31/R09 by agent/store/shelf.go: "return wrap(t.tx.Commit(), \"commit\")" => "return wrap(t.tx.Rollback(), \"commit\")"
func TestFailure04_KilledCommittedRowsSurvive(t *testing.T) {
	rounds := 5
	if os.Getenv("VESTIBULE_SOAK") != "" {
		rounds = 1000
	}
	dir := t.TempDir()
	var promised uint64
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"=kill", "VESTIBULE_KILL_DIR="+dir)
		out := must(cmd.StdoutPipe())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan() && n < 20+round%17; n++ {
			promised = must(strconv.ParseUint(lines.Text(), 10, 64))
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		s := must(store.Open(ctx, dir))
		m := must(s.Marks(ctx))
		if m.Audit.Last < promised || uint64(m.Audit.Count) != m.Audit.Last || promised == 0 {
			t.Fatalf("round %d: %d were promised, the disk has %+v", round, promised, m.Audit)
		}
		var after uint64
		for after < m.Audit.Last {
			for _, r := range must(s.Rows(ctx, domain.StreamAudit, after, 500, 1<<30)) {
				if r.Seq != after+1 {
					t.Fatalf("row %d follows %d", r.Seq, after)
				}
				after = r.Seq
			}
		}
		if fact := must(s.Meta(ctx, "fact")); binary.BigEndian.Uint64(fact) != m.Audit.Last {
			t.Fatalf("fact %d and row %d are not one transaction", binary.BigEndian.Uint64(fact), m.Audit.Last)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// storeUntilKilled is the process that is killed: it stores facts with their rows and prints each number after its commit.
func storeUntilKilled() error {
	s, err := store.Open(ctx, os.Getenv("VESTIBULE_KILL_DIR"))
	if err != nil {
		return err
	}
	o := newOutbox(s)
	for {
		var n uint64
		err := s.InTx(ctx, func(ctx context.Context) error {
			if err := o.Append(ctx, domain.EventDoor, domain.DoorBody{By: "kill"}); err != nil {
				return err
			}
			n = must(s.Marks(ctx)).Audit.Last
			return s.SetMeta(ctx, "fact", binary.BigEndian.AppendUint64(nil, n))
		})
		if err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func BenchmarkAppend(b *testing.B) {
	s := open(b, b.TempDir())
	o := newOutbox(s)
	body := domain.DoorBody{DeviceID: id[domain.DeviceID](), Relay: 1, Means: domain.MeansDTMF, Result: domain.ActDone, By: "Apartment 101"}
	for b.Loop() {
		if err := o.Append(ctx, domain.EventDoor, body); err != nil {
			b.Fatal(err)
		}
	}
}
