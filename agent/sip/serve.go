package sip

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/sip/txn"
	"vestibule/shared/logkey"
)

// serve takes a request that is new, in a goroutine of its own. ACK has none: nothing of it waits.
func (s *Server) serve(req *sipgo.Request, tx *txn.Server) {
	defer tx.Drop()
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("request failed", slog.String(logkey.Method, string(req.Method)), slog.String(logkey.Err, fmt.Sprint(cause)), slog.String(logkey.Reason, string(debug.Stack())))
			s.reply(req, tx, 500, "Server Internal Error")
		}
	}()
	if s.ignores(req) {
		return
	}
	if !sane(req) {
		s.reply(req, tx, 400, "Bad Request")
		return
	}
	if h := req.MaxForwards(); h != nil && h.Val() == 0 {
		s.reply(req, tx, 483, "Too Many Hops")
		return
	}
	if lacks := unsupported(req); len(lacks) > 0 {
		res := respond(req, 420, "Bad Extension", "", nil)
		header(res, "Unsupported", strings.Join(lacks, ", "))
		s.send(tx, res)
		return
	}
	s.dispatch(req, tx)
}

// unsupported lists what a request demands and we do not have; a CANCEL demands nothing (RFC 3261 section 8.2.2.3).
func unsupported(req *sipgo.Request) []string {
	if req.Method == sipgo.CANCEL {
		return nil
	}
	return slices.DeleteFunc(tags(req, "require"), func(tag string) bool { return tag == timerTag || tag == reliableTag })
}

func (s *Server) dispatch(req *sipgo.Request, tx *txn.Server) {
	switch req.Method {
	case sipgo.REGISTER:
		s.onRegister(req, tx)
	case sipgo.INVITE:
		s.onInvite(req, tx)
	case sipgo.BYE:
		s.onBye(req, tx)
	case sipgo.INFO:
		s.onInfo(req, tx)
	case sipgo.UPDATE:
		s.onChange(req, tx)
	case sipgo.PRACK:
		s.onPrack(req, tx)
	case sipgo.OPTIONS:
		s.onOptions(req, tx)
	case sipgo.CANCEL:
		s.reply(req, tx, 481, "Call/Transaction Does Not Exist")
	default:
		res := respond(req, 405, "Method Not Allowed", "", nil)
		header(res, "Allow", allow)
		s.send(tx, res)
	}
}

// onOptions is how phones ask whether the registrar is still there.
func (s *Server) onOptions(req *sipgo.Request, tx *txn.Server) {
	res := respond(req, 200, "OK", "", nil)
	header(res, "Allow", allow)
	header(res, "Supported", supported)
	header(res, "Accept", "application/sdp, application/dtmf-relay, application/dtmf")
	s.send(tx, res)
}

// tooMany takes one refusal of the source's share; above it a stranger gets no answer at all.
func (s *Server) tooMany(req *sipgo.Request) bool {
	source := addrPortOf(req.Source())
	return !s.bound(source) && !s.refusals.take(source.Addr().String(), s.cfg.Now())
}

func (s *Server) reply(req *sipgo.Request, tx *txn.Server, code int, text string) {
	s.send(tx, respond(req, code, text, "", nil))
}

func (s *Server) send(tx *txn.Server, res *reply) {
	if err := tx.Respond(res.status, res.text()); err != nil {
		s.log.Debug("answer not sent", slog.Int(logkey.Status, res.status), slog.Any(logkey.Err, err))
	}
}
