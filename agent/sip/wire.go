package sip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/sip/txn"
	"vestibule/shared/logkey"
)

// clientTx is a request of ours under way.
type clientTx = txn.Client[*sipgo.Response]

// mostSources bounds the texts of source addresses that are remembered.
const mostSources = 4096

// serveUDP reads the socket until it is closed.
func (s *Server) serveUDP() error {
	parser, sources, buf := sipgo.NewParser(), map[netip.AddrPort]string{}, make([]byte, 64<<10)
	for {
		n, src, err := s.udp.next(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			s.log.Debug("datagram not read", slog.Any(logkey.Err, err))
			<-time.After(time.Millisecond) // whatever it is, it must not take the processor
			continue
		case n <= 4: // a keep-alive
			continue
		}
		text, known := sources[src]
		if !known {
			if len(sources) >= mostSources {
				clear(sources)
			}
			text = src.String()
			sources[src] = text
		}
		s.takeDatagram(parser, buf[:n], text)
	}
}

// takeDatagram reads one message. Whatever it makes the parser do, the next one is read.
func (s *Server) takeDatagram(parser *sipgo.Parser, data []byte, source string) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("message failed", slog.String(logkey.Addr, source), slog.String(logkey.Err, fmt.Sprint(cause)), slog.String(logkey.Reason, string(debug.Stack())))
		}
	}()
	m, err := parser.ParseSIP(data)
	if err != nil {
		return
	}
	m.SetTransport("UDP")
	m.SetSource(source)
	s.take(m)
}

// take gives a message to its transaction, or begins one. It is called by who reads a socket and waits for nothing.
func (s *Server) take(m sipgo.Message) {
	switch m := m.(type) {
	case *sipgo.Request:
		s.takeRequest(m)
	case *sipgo.Response:
		key, ok := answerKey(m)
		if ok && !s.txl.Answered(key, m.StatusCode, m) {
			s.strayResponse(m)
		}
	}
}

func (s *Server) takeRequest(req *sipgo.Request) {
	key, ok := requestKey(req, req.Method)
	if !ok {
		return // nobody would know where an answer belongs
	}
	stamp(req)
	switch req.Method {
	case sipgo.ACK:
		if !s.txl.Acked(key) {
			s.onAck(req)
		}
		return
	case sipgo.CANCEL:
		invite := key
		invite.Method = string(sipgo.INVITE)
		if tx := s.txl.Find(invite); tx != nil {
			s.cancel(req, tx)
			return
		}
	}
	tx, first := s.txl.Serve(key, func() txn.Way { return s.wayBack(req) })
	if !first {
		return
	}
	if !s.spawn(func() { s.serve(req, tx) }) {
		tx.Drop()
	}
}

// stamp writes into the Via where a request came from, when it asks for that (RFC 3581 section 4): each answer carries it.
func stamp(req *sipgo.Request) {
	v := req.Via()
	if port, asks := v.Params.Get("rport"); !asks || port != "" {
		return
	}
	if host, port, err := net.SplitHostPort(req.Source()); err == nil {
		v.Params.Add("rport", port)
		v.Params.Add("received", host)
	}
}

// cancel confirms a CANCEL and refuses its INVITE (RFC 3261 section 9.2).
func (s *Server) cancel(req *sipgo.Request, tx *txn.Server) {
	if err := s.wayBack(req).Send(respond(req, 200, "OK", "", nil).text()); err != nil {
		s.log.Debug("answer not sent", slog.Any(logkey.Err, err))
	}
	tx.Cancel()
}

// requestKey names the transaction of a request, by RFC 3261 section 17.2.3; that of an ACK is its INVITE's.
func requestKey(req *sipgo.Request, method sipgo.RequestMethod) (txn.Key, bool) {
	v, seq := req.Via(), req.CSeq()
	if v == nil || seq == nil {
		return txn.Key{}, false
	}
	if method == sipgo.ACK {
		method = sipgo.INVITE
	}
	branch, _ := v.Params.Get("branch")
	if rest, ok := strings.CutPrefix(branch, branchMark); ok && rest != "" {
		port := v.Port
		if port <= 0 {
			port = sipgo.DefaultPort(v.Transport)
		}
		return txn.Key{Branch: branch, Host: v.Host, Port: port, Method: string(method)}, true
	}
	from, id := req.From(), req.CallID()
	if from == nil || id == nil {
		return txn.Key{}, false
	}
	old := strings.Join([]string{tagOf(from.Params), id.Value(), strconv.FormatUint(uint64(seq.SeqNo), 10), v.Value()}, "\n") // as in RFC 2543
	return txn.Key{Branch: old, Method: string(method)}, true
}

// answerKey names the transaction of an answer to us (RFC 3261 section 17.1.3).
func answerKey(res *sipgo.Response) (txn.Key, bool) {
	v, seq := res.Via(), res.CSeq()
	if v == nil || seq == nil {
		return txn.Key{}, false
	}
	branch, _ := v.Params.Get("branch")
	return txn.Key{Branch: branch, Method: string(seq.MethodName)}, strings.HasPrefix(branch, branchMark)
}

// udpWay sends from our socket.
type udpWay struct {
	s  *Server
	to netip.AddrPort
}

// Send implements txn.Way.
func (w udpWay) Send(text []byte) error {
	_, err := w.s.udp.WriteToUDPAddrPort(text, w.to)
	return err
}

// Reliable implements txn.Way.
func (udpWay) Reliable() bool { return false }

// Close implements txn.Way.
func (udpWay) Close() {}

// streamWay sends over a connection that is there: that of the other side's request.
type streamWay struct {
	s             *Server
	network, addr string
}

// Send implements txn.Way.
func (w streamWay) Send(text []byte) error {
	conn, err := w.s.tpl.GetConnection(w.network, w.addr)
	if err != nil {
		return err
	}
	way := connWay{conn}
	defer way.Close()
	return way.Send(text)
}

// Reliable implements txn.Way.
func (streamWay) Reliable() bool { return true }

// Close implements txn.Way.
func (streamWay) Close() {}

// connWay sends over one connection and holds it.
type connWay struct{ conn sipgo.Connection }

// Send implements txn.Way.
func (w connWay) Send(text []byte) error {
	to, ok := w.conn.(io.Writer)
	if !ok {
		return errors.ErrUnsupported
	}
	_, err := to.Write(text)
	return err
}

// Reliable implements txn.Way.
func (connWay) Reliable() bool { return true }

// Close implements txn.Way.
func (w connWay) Close() { _, _ = w.conn.TryClose() }

// wayBack is how answers to a request go (RFC 3261 section 18.2.2): over its connection, else to where it came from, at the port of its Via unless that
// asks for the one it came from (RFC 3581).
func (s *Server) wayBack(req *sipgo.Request) txn.Way {
	if sipgo.IsReliable(req.Transport()) {
		return streamWay{s, req.Transport(), req.Source()}
	}
	source := addrPortOf(req.Source())
	v := req.Via()
	if _, symmetric := v.Params.Get("rport"); symmetric {
		return udpWay{s, source}
	}
	port := defaultPort
	if v.Port > 0 && v.Port <= 0xffff {
		port = v.Port
	}
	return udpWay{s, netip.AddrPortFrom(source.Addr(), uint16(port))} //nolint:gosec // checked above
}

// wayTo is how a request of ours goes: prepare has said where.
func (s *Server) wayTo(req *sipgo.Request) (txn.Way, error) {
	if !sipgo.IsReliable(req.Transport()) {
		return udpWay{s, addrPortOf(req.Destination())}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timers.Connect)
	defer cancel()
	conn, err := s.tpl.ClientRequestConnection(ctx, req)
	if err != nil {
		return nil, err
	}
	return connWay{conn}, nil
}

// start begins a client transaction.
func (s *Server) start(req *sipgo.Request) (*clientTx, error) {
	way, err := s.wayTo(req)
	if err != nil {
		return nil, err
	}
	branch, _ := req.Via().Params.Get("branch")
	return s.txl.Ask(txn.Key{Branch: branch, Method: string(req.Method)}, way, textOf(req), func(res *sipgo.Response) []byte {
		return textOf(ackOfRefusal(req, res))
	})
}

// ackOfRefusal is the ACK of an answer that is no 2xx (RFC 3261 section 17.1.1.3).
func ackOfRefusal(invite *sipgo.Request, res *sipgo.Response) *sipgo.Request {
	ack := sipgo.NewRequest(sipgo.ACK, invite.Recipient)
	ack.AppendHeader(sipgo.HeaderClone(invite.Via()))
	hops := sipgo.MaxForwardsHeader(70)
	ack.AppendHeader(&hops)
	for route := range named(invite, "route") {
		ack.AppendHeader(route)
	}
	ack.AppendHeader(invite.From())
	if to := res.To(); to != nil {
		ack.AppendHeader(to)
	}
	ack.AppendHeader(invite.CallID())
	ack.AppendHeader(&sipgo.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sipgo.ACK})
	ack.SetBody(nil)
	return ack
}

// parcel is a message that belongs to no transaction, ready to be sent, and again.
type parcel struct {
	s    *Server
	to   netip.AddrPort // over UDP
	text []byte
	req  *sipgo.Request // over a connection
}

// pack prepares an ACK of a 2xx.
func (s *Server) pack(req *sipgo.Request) parcel {
	if sipgo.IsReliable(req.Transport()) {
		return parcel{s: s, req: req}
	}
	return parcel{s: s, to: addrPortOf(req.Destination()), text: textOf(req)}
}

// send sends it. One that is lost is asked for again by the repeated 2xx.
func (p parcel) send() {
	switch {
	case p.s.ended():
	case p.req != nil:
		_ = p.s.tpl.WriteMsg(p.req)
	default:
		_ = udpWay{p.s, p.to}.Send(p.text)
	}
}

// drafts are buffers that messages are written into.
var drafts = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// textOf is a message as it goes out.
func textOf(m sipgo.Message) []byte {
	draft := drafts.Get().(*bytes.Buffer)
	defer drafts.Put(draft)
	draft.Reset()
	m.StringWrite(draft)
	return bytes.Clone(draft.Bytes())
}
