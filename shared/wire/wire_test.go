package wire

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

var (
	agentA = domain.AgentID{0xaa, 1}
	agentB = domain.AgentID{0xbb, 2}
	connA  = domain.ConnID{0xcc, 3}
)

// vectors are never regenerated, only added: what protocol 1 wrote must be read for ever.
var vectors = []struct {
	file string
	kind Kind
	body any
}{
	{"1-hello", KindHello, Hello{AgentVersion: "0.1.0", MinProto: 1, Generation: 1, Counter: 42, Boot: [16]byte{7}, Epoch: domain.EpochID{8}, LastAudit: 9, Config: 3, MonoMilli: 1234, WallMilli: 1_700_000_000_000, ClockSure: true}},
	{"1-welcome", KindWelcome, Welcome{Proto: 1, ServerMilli: 1_700_000_000_000, BoundMilli: 5, EchoMilli: 1234, Config: 3, AckedAudit: 9, BeatMilli: 30000}},
	{"1-hello-packs", KindHello, Hello{AgentVersion: "0.2.0", MinProto: 1, Generation: 1, Counter: 43, Config: 3, Packs: true}},
	{"1-welcome-told", KindWelcome, Welcome{Proto: 1, ServerMilli: 1_700_000_000_000, Config: 3, BeatMilli: 30000, Told: Told(connA, 5)}},
	{"1-pull-packs", KindPull, Pull{From: 1, Version: 3, Index: 2, Packs: true}},
	{"1-pull", KindPull, Pull{From: 1, Version: 3, Index: 2}},
	{"1-events", KindEvents, Events{Epoch: domain.EpochID{8}, Stream: domain.StreamAudit, Rows: []Row{{Seq: 1, Kind: domain.EventDoor, WallMilli: 5, Body: []byte{0xa0}}}}},
	{"1-events-checkpoint", KindEvents, Events{Epoch: domain.EpochID{8}, Stream: domain.StreamAudit, Rows: []Row{{Seq: 1, Kind: domain.EventDoor, WallMilli: 5, Body: []byte{0xa0}}}, Checkpoint: &Checkpoint{Seq: 1, Digest: [32]byte{6}, AtMilli: 7, Signature: []byte{9}}}},
	{"1-ack", KindAck, Ack{Epoch: domain.EpochID{8}, Stream: domain.StreamAudit, Through: 1, Rejected: []Rejection{{Seq: 1, Reason: "unreadable"}}}},
	{"1-result", KindResult, Result{ID: domain.CommandID{4}, Result: domain.ActDone}},
	{"1-report-reach", KindReport, Report{Seq: 1, Version: 3, Reach: &Reach{Links: []ReachLink{{Interface: "eth0", Prefixes: []string{"192.168.1.0/24"}, Devices: []byte{0x0c, 0x11, 5, 1, 2, 3}, Agents: []string{"000000000007"}}}}}},
	{"1-signal", KindSignal, Signal{Peer: agentB, Leg: domain.LegID{5}, Body: []byte{0xa0}, Signature: []byte{1}, Chain: [][]byte{{2}, {3}}}},
	{"1-signal-refused", KindSignalRefused, SignalRefused{Leg: domain.LegID{5}, Why: RefusedAgentOffline}},
	{"1-turn-login", KindTurn, TurnLogin{URLs: []string{"turn:192.0.2.1:3478?transport=udp"}, User: "1700000000:a", Password: "p", TTLMilli: 60_000}},
}

// shows EDGE-02 by shared/wire/envelope.go: "data, err := encoder.Marshal(Envelope{" => "data, err := encoder.Marshal(map[int]any{1: Proto, 2: kind, 3: conn, 5: raw}); _ = (Envelope{"
func TestFailure23_VectorsAreReadAndWrittenAsEver(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.file, func(t *testing.T) {
			data, err := Seal(v.kind, connA, v.body)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", v.file+".hex")
			stored, err := os.ReadFile(path)
			if os.IsNotExist(err) && os.Getenv("VESTIBULE_ADD_VECTORS") != "" {
				stored = []byte(hex.EncodeToString(data) + "\n")
				if err := os.WriteFile(path, stored, 0o600); err != nil {
					t.Fatal(err)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			want, err := hex.DecodeString(strings.TrimSpace(string(stored)))
			if err != nil || !bytes.Equal(want, data) {
				t.Fatalf("the bytes changed:\n%x\n%x", want, data)
			}
			e, err := Open(want)
			if err != nil || e.Kind != v.kind || e.Conn != connA || e.Proto != Proto {
				t.Fatalf("%+v %v", e, err)
			}
			got := reflect.New(reflect.TypeOf(v.body))
			if err := Unmarshal(e.Body, got.Interface()); err != nil || !reflect.DeepEqual(got.Elem().Interface(), v.body) {
				t.Fatalf("%+v %v", got.Elem(), err)
			}
		})
	}
}

// shows EDGE-02 by shared/wire/envelope.go: "if e.Proto < MinProto || e.Proto > Proto {" => "if false {"
func TestOpen_RefusesWhatIsNotOurs(t *testing.T) {
	long := make([]byte, MaxMessage+1)
	for name, data := range map[string][]byte{
		"nothing":             {},
		"text":                []byte("GET / HTTP/1.1"),
		"duplicate keys":      {0xa2, 0x01, 0x01, 0x01, 0x01},
		"indefinite length":   {0xbf, 0x01, 0x01, 0xff},
		"unknown protocol":    mustMarshal(t, map[int]any{1: 99, 2: 1, 3: connA, 4: map[int]int{}}),
		"no protocol":         mustMarshal(t, map[int]any{2: 1, 3: connA}),
		"bytes after it":      append(mustMarshal(t, map[int]any{1: 1, 2: 1, 3: connA}), 0),
		"over the limit":      long,
		"nested beyond eight": bytes.Repeat([]byte{0x81}, 40),
	} {
		if e, err := Open(data); err == nil {
			t.Errorf("%s was opened: %+v", name, e)
		}
	}
	if _, err := Open(mustMarshal(t, map[int]any{1: 1, 2: 1, 3: connA, 99: "from a newer build"})); err != nil {
		t.Errorf("an unknown key must be ignored: %v", err)
	}
	if _, err := Seal(KindReport, connA, Chunk{Data: long}); fault.CodeOf(err) != fault.Limit {
		t.Errorf("a message over the limit must not be published: %v", err)
	}
}

func mustMarshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// shows EDGE-32 by shared/wire/topic.go: "return ok && owner == agent" => "return ok"
func TestTopics_AnAgentHasItsOwnAlone(t *testing.T) {
	if !MayPublish(agentA, UpTopic(agentA, KindHello)) || !MaySubscribe(agentA, DownTopic(agentA, connA)) {
		t.Fatal("own topics are refused")
	}
	for _, topic := range []string{
		UpTopic(agentB, KindHello), "v1/+/up/hello", "v1/" + agentA.String() + "/up", "v1/" + agentA.String() + "/up/", "v1/" + agentA.String() + "/down/x", "$SYS/x", "",
		"v1/" + strings.ToUpper(agentA.String()) + "/up/hello", "v1/" + agentA.String() + "/up/a/b",
	} {
		if MayPublish(agentA, topic) {
			t.Errorf("may publish to %q", topic)
		}
	}
	for _, filter := range []string{
		DownTopic(agentB, connA), "v1/" + agentA.String() + "/down/+", "v1/" + agentA.String() + "/down/#", "#", "v1/#", "$share/x/" + DownTopic(agentA, connA),
		"v1/" + agentA.String() + "/down/" + domain.ConnID{}.String(), DownTopic(agentA, connA) + "/#",
	} {
		if MaySubscribe(agentA, filter) {
			t.Errorf("may subscribe to %q", filter)
		}
	}
}

func sample() desired.Delta {
	d := desired.New()
	for i := range byte(100) {
		d.Put(desired.SectionDevices, desired.Key{i}, bytes.Repeat([]byte{i + 1}, 40))
	}
	return desired.Delta{To: 3, ToHash: d.Hash(), Ops: desired.Snapshot(d)}
}

func TestSealConfig_OpensForItsAgentAndVersionAlone(t *testing.T) {
	key, err := NewConfigKey()
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewConfigKey()
	if err != nil {
		t.Fatal(err)
	}
	delta := sample()
	sealed, err := SealConfig(key.PublicKey().Bytes(), agentA, delta, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, bytes.Repeat([]byte{7}, 20)) {
		t.Fatal("plaintext in the sealed bytes")
	}
	got, err := OpenConfig(key, agentA, 0, 3, sealed, nil)
	if err != nil || !reflect.DeepEqual(got, delta) {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)/2] ^= 1
	for name, open := range map[string]func() error{
		"another version": func() error { _, err := OpenConfig(key, agentA, 0, 4, sealed, nil); return err },
		"another agent":   func() error { _, err := OpenConfig(key, agentB, 0, 3, sealed, nil); return err },
		"another key":     func() error { _, err := OpenConfig(other, agentA, 0, 3, sealed, nil); return err },
		"a flipped bit":   func() error { _, err := OpenConfig(key, agentA, 0, 3, flipped, nil); return err },
		"nothing":         func() error { _, err := OpenConfig(key, agentA, 0, 3, nil, nil); return err },
	} {
		if fault.CodeOf(open()) != fault.Invalid {
			t.Errorf("%s was opened", name)
		}
	}
}

// shows EDGE-06 by shared/wire/events.go: "out = append(out, before[:]...)"
func TestChain_ChangesWithEverythingButTheBody(t *testing.T) {
	row := Row{Seq: 5, Kind: domain.EventDoor, WallMilli: 7, MonoMilli: 8, Boot: [16]byte{1}, Body: []byte("b"), Salt: [16]byte{2}}
	row.BodyHash = HashBody(row.Salt, row.Body)
	epoch := domain.EpochID{3}
	base := Chain(agentA, epoch, domain.StreamAudit, [32]byte{9}, row)
	erased := row
	erased.Body, erased.Salt = nil, [16]byte{}
	if Chain(agentA, epoch, domain.StreamAudit, [32]byte{9}, erased) != base {
		t.Fatal("erasing the body broke the chain")
	}
	for name, edit := range map[string]func(*Row){
		"seq": func(r *Row) { r.Seq++ }, "kind": func(r *Row) { r.Kind = domain.EventCall }, "wall": func(r *Row) { r.WallMilli++ },
		"mono": func(r *Row) { r.MonoMilli++ }, "boot": func(r *Row) { r.Boot[1]++ }, "clock": func(r *Row) { r.ClockSure = true },
		"body": func(r *Row) { r.BodyHash[0]++ }, "from": func(r *Row) { r.From = 1 },
	} {
		changed := row
		edit(&changed)
		if Chain(agentA, epoch, domain.StreamAudit, [32]byte{9}, changed) == base {
			t.Errorf("%s is not covered", name)
		}
	}
	if Chain(agentA, epoch, domain.StreamAudit, [32]byte{8}, row) == base || Chain(agentB, epoch, domain.StreamAudit, [32]byte{9}, row) == base ||
		Chain(agentA, domain.EpochID{4}, domain.StreamAudit, [32]byte{9}, row) == base || Chain(agentA, epoch, domain.StreamStatus, [32]byte{9}, row) == base {
		t.Fatal("the row's place is not covered")
	}
}

// shows EDGE-01 by shared/wire/enroll.go: "if err != nil || len(root) != sha256.Size {" => "if err != nil {"
func TestClaim_CodesAndLinks(t *testing.T) {
	var random [CodeLength]byte
	for i := range random {
		random[i] = byte(i * 37)
	}
	code := NewCode(random)
	typed := " " + strings.ToLower(strings.ReplaceAll(ShowCode(code), "1", "l")) + " "
	if got, err := ParseCode(typed); err != nil || got != code {
		t.Fatalf("%q became %q, %v", typed, got, err)
	}
	for _, bad := range []string{"", "ABC", code + "0", "UUUUUUUUUUUUU"} {
		if _, err := ParseCode(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	link := ClaimLink{Host: "cloud.example:8443", Root: [32]byte{1, 2}, Code: code}
	if got, err := ParseClaimLink(link.String()); err != nil || got != link {
		t.Fatal(got, err)
	}
	if before, _, _ := strings.Cut(link.String(), "#"); strings.Contains(before, code) {
		t.Fatal("the code stands before the fragment")
	}
	for _, bad := range []string{"https://cloud.example:8443/claim#" + link.String(), "vestibule://cloud.example/claim", "vestibule://h:1/claim#code=" + code + "&root=AAAA", "x"} {
		if _, err := ParseClaimLink(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestProto_HasADatedLine: the constant equals the last line of its own history and of the protocol page.
func TestProto_HasADatedLine(t *testing.T) {
	line := regexp.MustCompile(`(?m)^\W*(\d+)\W+\d{4}-\d{2}-\d{2}\b`)
	for _, path := range []string{"proto.go", "../../deploy/docs/protocol.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := line.FindAllStringSubmatch(string(text), -1)
		if len(found) == 0 || found[len(found)-1][1] != strconv.Itoa(Proto) {
			t.Errorf("%s: the last dated line is not protocol %d: %v", path, Proto, found)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, v := range vectors {
		data, err := Seal(v.kind, connA, v.body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := Open(data)
		if err != nil {
			return
		}
		for _, body := range []any{&Hello{}, &Welcome{}, &Beat{}, &Report{}, &Events{}, &Ack{}, &Chunk{}, &Command{}, &Result{}, &Signal{}, &SignalBody{}, &SignalRefused{}, &TurnLogin{}} {
			_ = Unmarshal(e.Body, body)
		}
	})
}

func FuzzParseClaimLink(f *testing.F) {
	f.Add(ClaimLink{Host: "h:1", Code: "0000000000000"}.String())
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseClaimLink(text)
		if err != nil {
			return
		}
		if again, err := ParseClaimLink(l.String()); err != nil || again.Code != l.Code || again.Root != l.Root {
			t.Fatalf("%q is not stable: %v", text, err)
		}
	})
}

func FuzzParseUp(f *testing.F) {
	f.Add(UpTopic(agentA, KindBeat))
	f.Fuzz(func(t *testing.T, topic string) {
		if agent, ok := ParseUp(topic); ok && !MayPublish(agent, topic) {
			t.Fatal(topic)
		}
	})
}
