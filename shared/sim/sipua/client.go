package sipua

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// clientTx is a client transaction (RFC 3261 section 17.1). Its owner reads responses; acknowledgements of final
// responses to INVITE are repeated here whenever the response is.
type clientTx struct {
	ua     *UA
	key    string
	req    *Message
	wire   []byte
	to     netip.AddrPort
	ended  atomic.Int64 // unix nanoseconds; 0 = nobody has given up or got the final response
	inbox  chan *Message
	mu     sync.Mutex
	acks   map[string][]byte // To tag → ACK
	ackTo  map[string]netip.AddrPort
	strays func(*Message) // 2xx of a second fork
}

// open gives a request its Via, registers the transaction and sends it once.
func (ua *UA) open(req *Message, to netip.AddrPort) *clientTx {
	branch := "z9hG4bK" + newTag()
	hop := via{
		host: ua.local.Addr().String(), port: int(ua.local.Port()),
		params: Params{{"branch", branch}, {"rport", ""}},
	}
	req.Headers = append([]Header{{"Via", hop.String()}}, req.Headers...)
	tx := &clientTx{
		ua: ua, key: branch + " " + req.Method, req: req, wire: req.Bytes(), to: to,
		inbox: make(chan *Message, 32), acks: map[string][]byte{}, ackTo: map[string]netip.AddrPort{},
	}
	ua.mu.Lock()
	ua.clients[tx.key] = tx
	ua.mu.Unlock()
	tx.send()
	return tx
}

func (tx *clientTx) send() { tx.ua.write(tx.wire, tx.to) }

func (tx *clientTx) receive(m *Message) {
	if m.Status >= 200 && tx.req.Method == "INVITE" {
		to, _ := ParseAddress(m.Get("To"))
		tx.mu.Lock()
		ack, known := tx.acks[to.Tag()]
		dest := tx.ackTo[to.Tag()]
		stray := tx.strays
		tx.mu.Unlock()
		if known {
			tx.ua.write(ack, dest)
			return
		}
		if stray != nil && m.Status < 300 {
			tx.ua.spawn(func() { stray(m) })
			return
		}
	}
	select {
	case tx.inbox <- m:
	default: // a flood of provisional responses
	}
}

// acknowledge sends an ACK for the final response with this To tag, now and at each repetition of it.
func (tx *clientTx) acknowledge(toTag string, ack []byte, dest netip.AddrPort) {
	tx.mu.Lock()
	tx.acks[toTag], tx.ackTo[toTag] = ack, dest
	tx.mu.Unlock()
	tx.ua.write(ack, dest)
}

// refuseAck acknowledges a final response that is not 2xx, inside the transaction (RFC 3261 section 17.1.1.3).
func (tx *clientTx) refuseAck(resp *Message) {
	n, _ := tx.req.CSeq()
	ack := &Message{Method: "ACK", URI: tx.req.URI}
	ack.Add("Via", tx.req.Lines("Via")[0])
	for _, route := range tx.req.Lines("Route") {
		ack.Add("Route", route)
	}
	ack.Add("Max-Forwards", "70")
	ack.Add("From", tx.req.Get("From"))
	ack.Add("To", resp.Get("To"))
	ack.Add("Call-ID", tx.req.Get("Call-ID"))
	ack.Add("CSeq", itoa(n)+" ACK")
	to, _ := ParseAddress(resp.Get("To"))
	tx.acknowledge(to.Tag(), ack.Bytes(), tx.to)
}

// await reads responses until a final one, repeating the request on the way. provisional is called for each 1xx and
// may be nil; an INVITE is not repeated after the first, anything else ever slower.
func (tx *clientTx) await(ctx context.Context, provisional func(*Message)) (*Message, error) {
	defer func() { tx.ended.Store(time.Now().UnixNano()) }()
	pause := tx.ua.t1
	again := time.NewTimer(pause)
	defer again.Stop()
	limit := time.NewTimer(64 * tx.ua.t1)
	defer limit.Stop()
	invite := tx.req.Method == "INVITE"
	quiet := false
	for {
		select {
		case m := <-tx.inbox:
			if m.Status >= 200 {
				return m, nil
			}
			quiet = true
			if invite {
				limit.Stop()
			}
			if provisional != nil {
				provisional(m)
			}
		case <-again.C:
			if !quiet || !invite {
				tx.send()
				if pause *= 2; !invite { // timer A doubles for ever, timer E up to T2
					pause = min(pause, tx.ua.t2)
				}
				again.Reset(pause)
			}
		case <-limit.C:
			return nil, ErrTimeout
		case <-tx.ua.done:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// roundTrip sends a request other than INVITE and waits for its final response.
func (ua *UA) roundTrip(ctx context.Context, req *Message, to netip.AddrPort) (*Message, error) {
	return ua.open(req, to).await(ctx, nil)
}
