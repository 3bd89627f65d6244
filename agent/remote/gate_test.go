package remote

import (
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"

	"github.com/veraison/go-cose"
	"pgregory.net/rapid"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

var noon = time.UnixMilli(1_800_000_000_000)

func good() (wire.Command, Facts) {
	c := wire.Command{
		ID: domain.CommandID{1}, Agent: domain.AgentID{2}, Conn: domain.ConnID{3}, Kind: wire.CommandDoorOpen, DeviceID: domain.DeviceID{4}, Relay: 1,
		IssuedMilli: noon.UnixMilli(), BoundMilli: 5, TTLMilli: 8000,
	}
	return c, Facts{Agent: c.Agent, Conn: c.Conn, Now: noon.Add(100 * time.Millisecond), Bound: 20 * time.Millisecond, Timed: true}
}

// Rows 10, 11 and 12 of the failure table: every reason not to act.
//
// shows EDGE-13/R36 by agent/remote/gate.go: "return refuse(domain.ActExpired, domain.ReasonLate)"
// shows EDGE-13/R36 by agent/remote/gate.go: "return refuse(domain.ActRefused, domain.ReasonWrongConn)"
func TestJudge_EveryRefusal(t *testing.T) {
	if c, f := good(); Judge(c, f).Act != Do {
		t.Fatalf("a good command: %+v", Judge(c, f))
	}
	for name, k := range map[string]struct {
		change func(*wire.Command, *Facts)
		want   Verdict
	}{
		"another agent":        {func(c *wire.Command, _ *Facts) { c.Agent[0]++ }, Verdict{Act: Ignore}},
		"no id":                {func(c *wire.Command, _ *Facts) { c.ID = domain.CommandID{} }, Verdict{Act: Ignore}},
		"another connection":   {func(c *wire.Command, _ *Facts) { c.Conn[0]++ }, refuse(domain.ActRefused, domain.ReasonWrongConn)},
		"no connection":        {func(c *wire.Command, f *Facts) { c.Conn, f.Conn = domain.ConnID{}, domain.ConnID{} }, refuse(domain.ActRefused, domain.ReasonWrongConn)},
		"unknown kind":         {func(c *wire.Command, _ *Facts) { c.Kind = "self_destruct" }, refuse(domain.ActRefused, domain.ReasonUnknownKind)},
		"no clock":             {func(_ *wire.Command, f *Facts) { f.Timed = false }, refuse(domain.ActRefused, domain.ReasonClockUnsure)},
		"clock too vague":      {func(_ *wire.Command, f *Facts) { f.Bound = 4001 * time.Millisecond }, refuse(domain.ActRefused, domain.ReasonClockUnsure)},
		"negative bound":       {func(c *wire.Command, _ *Facts) { c.BoundMilli = -60_000 }, refuse(domain.ActRefused, domain.ReasonClockUnsure)},
		"absurd bound":         {func(c *wire.Command, _ *Facts) { c.BoundMilli = 1 << 62 }, refuse(domain.ActRefused, domain.ReasonClockUnsure)},
		"from the future":      {func(_ *wire.Command, f *Facts) { f.Now = noon.Add(-time.Second) }, refuse(domain.ActRefused, domain.ReasonClockUnsure)},
		"late":                 {func(_ *wire.Command, f *Facts) { f.Now = noon.Add(9 * time.Second) }, refuse(domain.ActExpired, domain.ReasonLate)},
		"late within bounds":   {func(_ *wire.Command, f *Facts) { f.Now = noon.Add(7990 * time.Millisecond) }, refuse(domain.ActExpired, domain.ReasonLate)},
		"no time to live":      {func(c *wire.Command, f *Facts) { c.TTLMilli, f.Bound = 0, 0 }, refuse(domain.ActExpired, domain.ReasonLate)},
		"absurd time to live":  {func(c *wire.Command, f *Facts) { c.TTLMilli, f.Now = 1<<62, noon.Add(31*time.Second) }, refuse(domain.ActExpired, domain.ReasonLate)},
		"absurd instant":       {func(c *wire.Command, _ *Facts) { c.IssuedMilli = -1 << 62 }, refuse(domain.ActExpired, domain.ReasonLate)},
		"seen, done":           {func(_ *wire.Command, f *Facts) { f.Before = &Entry{Result: domain.ActDone} }, Verdict{Act: Repeat, Result: domain.ActDone}},
		"seen, on its way":     {func(_ *wire.Command, f *Facts) { f.Before = &Entry{} }, Verdict{Act: Repeat}},
		"seen, old connection": {func(c *wire.Command, f *Facts) { c.Conn[0]++; f.Before = &Entry{Result: domain.ActUnknown} }, Verdict{Act: Repeat, Result: domain.ActUnknown}},
	} {
		c, f := good()
		k.change(&c, &f)
		if got := Judge(c, f); got != k.want {
			t.Errorf("%s: %+v, want %+v", name, got, k.want)
		}
	}
}

// For any true time, any error inside the bounds and any numbers of the link: acting is after the deadline never, and what
// is left ends before it. Row 11: the wall clock does not appear.
//
// shows EDGE-13/R36 EDGE-16/R40 by agent/remote/gate.go: "left := ttl - age - bound" => "left := ttl - age"
func TestFailure11_NeverAfterTheDeadlineWhateverTheWallClockShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, f := good()
		milli := func(name string, low, high int64) time.Duration {
			return time.Duration(rapid.Int64Range(low, high).Draw(t, name)) * time.Millisecond
		}
		issued := milli("issued", 0, 20_000) // by true time
		c.BoundMilli = milli("cloud's bound", 0, 4000).Milliseconds()
		c.TTLMilli = milli("ttl", -1000, 60_000).Milliseconds()
		wrongIssue := milli("cloud's error", -c.BoundMilli, c.BoundMilli)
		c.IssuedMilli = noon.Add(issued + wrongIssue).UnixMilli()
		now := milli("now", 0, 60_000)
		f.Bound = milli("our bound", 0, 4000)
		f.Now = noon.Add(now + milli("our error", -f.Bound.Milliseconds(), f.Bound.Milliseconds()))
		v := Judge(c, f)
		deadline := issued + time.Duration(c.TTLMilli)*time.Millisecond
		if v.Act == Do && (now >= deadline || now+v.Left > deadline) {
			t.Fatalf("acts at %v, may act until %v, the deadline is %v", now, now+v.Left, deadline)
		}
	})
}

func sign(t testing.TB, key ed25519.PrivateKey, context string, c wire.Command) []byte {
	t.Helper()
	payload, err := wire.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		t.Fatal(err)
	}
	m := cose.NewSign1Message()
	m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	m.Payload = payload
	if err := m.Sign(rand.Reader, []byte(context), signer); err != nil {
		t.Fatal(err)
	}
	out, err := m.MarshalCBOR()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shows EDGE-32/R03 by agent/remote/sign.go: "if err := m.Verify([]byte(wire.CommandContext), v); err != nil {" => "if v == nil {"
func TestVerify_OnlyTheCloudsSignature(t *testing.T) {
	public, key, _ := ed25519.GenerateKey(rand.Reader)
	next, nextKey, _ := ed25519.GenerateKey(rand.Reader)
	_, foreign, _ := ed25519.GenerateKey(rand.Reader)
	c, _ := good()
	keys := [][]byte{{1, 2}, public, next}
	for _, k := range []ed25519.PrivateKey{key, nextKey} {
		if got, err := verify(sign(t, k, wire.CommandContext, c), keys); err != nil || got != c {
			t.Errorf("%+v %v", got, err)
		}
	}
	altered := sign(t, key, wire.CommandContext, c)
	altered[len(altered)/2] ^= 1
	for name, raw := range map[string][]byte{
		"foreign key": sign(t, foreign, wire.CommandContext, c), "other context": sign(t, key, "vestibule command 2", c),
		"altered": altered, "nothing": nil, "garbage": []byte("garbage"),
	} {
		if _, err := verify(raw, keys); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := verify(sign(t, key, wire.CommandContext, c), nil); err == nil {
		t.Error("a signature holds without any key")
	}
}

func FuzzVerify(f *testing.F) {
	public, key, _ := ed25519.GenerateKey(rand.Reader)
	_, foreign, _ := ed25519.GenerateKey(rand.Reader)
	c, _ := good()
	f.Add(sign(f, foreign, wire.CommandContext, c))
	f.Add([]byte{0xd2, 0x84, 0x40, 0xa0, 0x40, 0x40})
	mine := sign(f, key, wire.CommandContext, c)
	f.Add(mine[:len(mine)-1])
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := verify(raw, [][]byte{public}); err == nil {
			t.Fatal("bytes that the cloud did not sign are taken")
		}
	})
}
