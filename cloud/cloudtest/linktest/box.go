package linktest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"time"

	"vestibule/cloud/enroll"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// Box plays an agent: it holds what an agent keeps on its disk and says what an agent says.
type Box struct {
	ID         domain.AgentID
	Conn       domain.ConnID
	Generation uint32
	Counter    uint64
	Epoch      domain.EpochID
	Key        hpke.PrivateKey
	Document   *desired.Document
	Version    uint64
	Old        bool // of a build that does not read packed configuration

	cloud *Cloud
	in    [][]byte
	chain map[domain.Stream]tail
}

type tail struct {
	seq    uint64
	digest [32]byte
}

// CSR makes a certificate request for a new key.
func (c *Cloud) CSR() ([]byte, *ecdsa.PrivateKey) {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	c.must(err)
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	c.must(err)
	return csr, key
}

// NewBox makes an agent of the site, as enrolment does, without the handshake.
func (c *Cloud) NewBox(site domain.SiteID) *Box {
	c.t.Helper()
	now := c.Time.Wall()
	key, err := wire.NewConfigKey()
	c.must(err)
	b := &Box{
		ID: domain.NewID[domain.AgentID](now), Generation: 1, Epoch: domain.NewID[domain.EpochID](now), Key: key,
		Document: desired.New(), cloud: c, chain: map[domain.Stream]tail{},
	}
	c.must(c.Store.InsertAgent(c.System(), enroll.NewAgent{
		ID: b.ID, Site: site, Name: "Agent 1", ConfigKey: key.PublicKey().Bytes(), Version: "test", Generation: 1, CreatedAt: now,
	}))
	return b
}

// Copy gives a box with the same disk: a clone, or a backup.
func (b *Box) Copy() *Box {
	twin := *b
	twin.in, twin.chain = nil, map[domain.Stream]tail{}
	for s, t := range b.chain {
		twin.chain[s] = t
	}
	twin.Document = b.Document.Clone()
	return &twin
}

// Dial opens a new connection; the line of an older one is cut.
func (b *Box) Dial() {
	b.cloud.Lines.mu.Lock()
	defer b.cloud.Lines.mu.Unlock()
	b.Conn = domain.NewID[domain.ConnID](b.cloud.Time.Wall())
	b.in = nil
	b.cloud.Lines.boxes[b.ID] = b
}

// HangUp cuts the line; with a will the broker tells.
func (b *Box) HangUp(will bool) {
	b.cloud.Lines.mu.Lock()
	if b.cloud.Lines.boxes[b.ID] == b {
		delete(b.cloud.Lines.boxes, b.ID)
	}
	b.cloud.Lines.mu.Unlock()
	if will {
		b.Send(wire.KindGone, wire.Gone{Counter: b.Counter})
	}
}

// Hello dials and says hello; the welcome may refuse.
func (b *Box) Hello() wire.Welcome {
	b.cloud.t.Helper()
	b.Counter++
	b.Dial()
	b.Send(wire.KindHello, wire.Hello{
		AgentVersion: "test", MinProto: wire.MinProto, Generation: b.Generation, Counter: b.Counter, Epoch: b.Epoch,
		LastAudit: b.chain[domain.StreamAudit].seq, LastStatus: b.chain[domain.StreamStatus].seq,
		Config: b.Version, ConfigHash: b.Document.Hash(), LANAddress: "192.168.1.5:8081", FilesAddress: "192.168.1.5:8082", Packs: !b.Old,
	})
	return Expect[wire.Welcome](b, wire.KindWelcome)
}

// Join says hello and fails unless it is welcome.
func (b *Box) Join() wire.Welcome {
	b.cloud.t.Helper()
	w := b.Hello()
	if w.Refuse != "" {
		b.cloud.t.Fatalf("refused: %s", w.Refuse)
	}
	return w
}

// Send says one message on the connection.
func (b *Box) Send(kind wire.Kind, body any) {
	b.cloud.t.Helper()
	data, err := wire.Seal(kind, b.Conn, body)
	b.cloud.must(err)
	b.Raw(data)
}

// Raw sends bytes.
func (b *Box) Raw(data []byte) { b.cloud.Router.Handle(b.cloud.t.Context(), b.ID, data) }

// Take gives the oldest message of a kind that arrived.
func Take[T any](b *Box, kind wire.Kind) (T, bool) {
	b.cloud.t.Helper()
	b.cloud.Lines.mu.Lock()
	defer b.cloud.Lines.mu.Unlock()
	for i, data := range b.in {
		e, err := wire.Open(data)
		b.cloud.must(err)
		if e.Kind != kind {
			continue
		}
		b.in = append(b.in[:i:i], b.in[i+1:]...)
		body, err := wire.Body[T](e)
		b.cloud.must(err)
		return body, true
	}
	return *new(T), false
}

// Expect is Take of a message that must be there.
func Expect[T any](b *Box, kind wire.Kind) T {
	b.cloud.t.Helper()
	body, ok := Take[T](b, kind)
	if !ok {
		b.cloud.t.Fatalf("no %s arrived", kind)
	}
	return body
}

// Count tells how many messages of a kind wait.
func (b *Box) Count(kind wire.Kind) int {
	n := 0
	b.cloud.Lines.mu.Lock()
	defer b.cloud.Lines.mu.Unlock()
	for _, data := range b.in {
		if e, err := wire.Open(data); err == nil && e.Kind == kind {
			n++
		}
	}
	return n
}

// Beat says a heartbeat and gives its answer, if there is one.
func (b *Box) Beat() (wire.BeatAck, bool) {
	b.cloud.t.Helper()
	b.Send(wire.KindBeat, wire.Beat{Config: b.Version, ConfigHash: b.Document.Hash()})
	return Take[wire.BeatAck](b, wire.KindBeatAck)
}

// Follow works off an announcement as an agent does: by the delta inside, else by pulling; false when it does not fit.
func (b *Box) Follow(a wire.Announce) bool {
	b.cloud.t.Helper()
	if a.Version == b.Version && a.Hash == b.Document.Hash() {
		return true
	}
	if len(a.Sealed) > 0 && a.From == b.Version && b.open(a.From, a.Version, a.Sealed) {
		return true
	}
	from := b.Version
	if a.Version == b.Version {
		from = 0
	}
	return b.Pull(from) || b.Pull(0)
}

// Pull fetches all chunks of what turns version from into the head and takes them over.
func (b *Box) Pull(from uint64) bool {
	b.cloud.t.Helper()
	var whole [32]byte
	var data []byte
	for index := uint32(0); ; {
		b.Send(wire.KindPull, wire.Pull{From: from, Index: index, Whole: whole, Packs: !b.Old})
		c := Expect[wire.Chunk](b, wire.KindChunk)
		if c.Index == 0 {
			whole, data, index = c.Whole, nil, 0
		}
		data = append(data, c.Data...)
		if index++; index < c.Count {
			continue
		}
		if sha256.Sum256(data) != whole {
			b.cloud.t.Fatal("the chunks are not the whole")
		}
		return b.open(c.From, c.Version, data)
	}
}

func (b *Box) open(from, version uint64, sealed []byte) bool {
	b.cloud.t.Helper()
	delta, err := wire.OpenConfig(b.Key, b.ID, from, version, sealed, b.Document)
	b.cloud.must(err)
	next, err := desired.Apply(b.Document, delta)
	if fault.CodeOf(err) == fault.Conflict {
		return false
	}
	b.cloud.must(err)
	b.Document, b.Version = next, version
	return true
}

// Row makes the next row of the box's own log.
func (b *Box) Row(kind domain.EventKind, body any) wire.Row {
	b.cloud.t.Helper()
	raw, err := wire.Marshal(body)
	b.cloud.must(err)
	return b.RawRow(kind, raw)
}

// RawRow makes the next row of the box's own log with a body that may be anything.
func (b *Box) RawRow(kind domain.EventKind, body []byte) wire.Row {
	stream := domain.StreamOf(kind)
	last := b.chain[stream]
	r := wire.Row{Seq: last.seq + 1, Kind: kind, WallMilli: b.cloud.Time.Wall().Add(-time.Minute).UnixMilli(), ClockSure: true, Body: body}
	_, _ = rand.Read(r.Salt[:])
	r.BodyHash = wire.HashBody(r.Salt, body)
	r.Digest = wire.Chain(b.ID, b.Epoch, stream, last.digest, r)
	b.chain[stream] = tail{r.Seq, r.Digest}
	return r
}

// Gap makes a row that stands for n missing ones.
func (b *Box) Gap(stream domain.Stream, n uint64) wire.Row {
	b.cloud.t.Helper()
	last := b.chain[stream]
	r := wire.Row{Seq: last.seq + n, From: last.seq + 1, Kind: domain.EventGap, WallMilli: b.cloud.Time.Wall().UnixMilli()}
	raw, err := wire.Marshal(domain.GapBody{From: r.From, To: r.Seq, Reason: "disk_full"})
	b.cloud.must(err)
	r.Body = raw
	_, _ = rand.Read(r.Salt[:])
	r.BodyHash = wire.HashBody(r.Salt, raw)
	r.Digest = wire.Chain(b.ID, b.Epoch, stream, last.digest, r)
	b.chain[stream] = tail{r.Seq, r.Digest}
	return r
}

// Upload sends rows of the audit stream and gives the acknowledgement, if one came.
func (b *Box) Upload(rows ...wire.Row) (wire.Ack, bool) {
	b.cloud.t.Helper()
	b.Send(wire.KindEvents, wire.Events{Epoch: b.Epoch, Stream: domain.StreamAudit, Rows: rows})
	return Take[wire.Ack](b, wire.KindAck)
}
