package sip

import (
	"testing"

	"vestibule/agent/sip/sipstate"
	"vestibule/shared/domain"
	link "vestibule/shared/wire"
)

// landlineLeg waits until the row of the landline stands in a state, and the agent is cut down then.
func (h *house) landlineLeg(state string) {
	h.t.Helper()
	h.mem.until(h.t, "the landline stored as "+state, func() bool {
		for _, l := range h.mem.legs {
			if l.Carrier != "" && l.State == state {
				return true
			}
		}
		return false
	})
	h.crash()
	h.start()
}

// wantsProof lets the carrier ask for a proof of the hang-up, as some do.
func (c *telco) wantsProof(d *talk) {
	c.t.Helper()
	bye := c.expectRequest("BYE")
	if paramOf(bye.get("to"), "tag") != d.localTag || bye.get("call-id") != d.callID || bye.seq() <= d.invite.seq() {
		c.t.Errorf("BYE to the carrier %v", bye)
	}
	c.answerTo(bye, 407, "Proxy Authentication Required", `Proxy-Authenticate: Digest realm="carrier", nonce="n3", algorithm=MD5, qop="auth"`+"\r\n")
	again := c.expectRequest("BYE")
	if !c.proved(again, "proxy-authorization", "n3") || again.get("call-id") != d.callID {
		c.t.Errorf("the hang-up is not proved: %v", again)
	}
	c.answerTo(again, 200, "OK", "")
}

// ringingLandline is a house whose one home has a landline that rings.
func ringingLandline(t *testing.T) (h *house, c *telco, far *talk, visitor *talk) {
	t.Helper()
	h, c, s := newLineHouse(t, func(h *house, _ *domain.Trunk) {
		for id, a := range h.view.Apartments {
			a.CallType = domain.PhoneAndMonitors
			h.view.Apartments[id] = a
		}
	}, "030 1234567")
	c.registers(600)
	s.until(t, "registered", func(r link.TrunkReport) bool { return r.State == link.TrunkRegistered })
	door := h.signedIn(h.door)
	visitor = door.invite("101", offer(door.addr()))
	far = c.called()
	far.reply(180, "Ringing", "")
	return h, c, far, visitor
}

// The agent is cut down while the carrier lets a landline ring: the next run takes the call back.
//
// shows CALL-09 EDGE-31 by agent/sip/restart.go: "if at := addrPortOf(l.Carrier); at.IsValid() {" => "	if at := addrPortOf(l.Carrier); false {"
func TestTrunkRestart_EndsWhatRang(t *testing.T) {
	h, c, far, _ := ringingLandline(t)
	h.landlineLeg(sipstate.LegInviting)
	cancel := c.expectRequest("CANCEL")
	if cancel.get("via") != far.invite.get("via") || cancel.uri() != far.invite.uri() || cancel.seq() != far.invite.seq() {
		t.Errorf("CANCEL %v for INVITE %v", cancel, far.invite)
	}
	far.replyTo(cancel, 200, "OK", "")
	far.reply(487, "Request Terminated", "")
	c.expectRequest("ACK")
	b := h.mem.call(t, 1)
	if b.End != domain.EndInterrupted || len(b.Legs) != 2 || b.Legs[1].Kind != domain.LegLandline {
		t.Errorf("%+v", b)
	}
	h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 })
}

// Somebody lifts the telephone while the agent is away: the next run hangs up, with the proof that the carrier asks for.
//
// shows CALL-09 EDGE-31 by agent/sip/restart.go: "s.byeCarrier(d, nil)" => "		s.fire(d.request(sipgo.BYE), nil)"
func TestTrunkRestart_AnswerWhileAway(t *testing.T) {
	h, c, far, _ := ringingLandline(t)
	h.landlineLeg(sipstate.LegInviting)
	far.replyTo(c.expectRequest("CANCEL"), 481, "Call/Transaction Does Not Exist", "")
	far.reply(200, "OK", offer(c.addr()))
	c.expectRequest("ACK")
	c.wantsProof(far)
}

// The agent is cut down while a landline talks: the next run hangs up at the carrier, which would bill on.
//
// shows CALL-09 EDGE-31 by agent/sip/restart.go: "s.byeCarrier(d, forget)" => "	s.fire(d.request(sipgo.BYE), forget)"
func TestTrunkRestart_HangsUpWhatTalked(t *testing.T) {
	h, c, far, visitor := ringingLandline(t)
	far.reply(200, "OK", offer(newPhone(t, c.agent, "", "").addr()))
	c.expectRequest("ACK")
	visitor.result()
	h.mem.until(t, "the visitor's side is stored as answered", func() bool {
		for _, l := range h.mem.legs {
			if l.State == sipstate.LegOfferedUp {
				return true
			}
		}
		return false
	})
	h.landlineLeg(sipstate.LegUp)
	c.wantsProof(far)
	visitor.replyTo(visitor.p.expectRequest("BYE"), 200, "OK", "")
	if b := h.mem.call(t, 1); b.End != domain.EndInterrupted || len(b.Legs) != 2 || b.Legs[1].Kind != domain.LegLandline {
		t.Errorf("%+v", b)
	}
	h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 })
}
