package sipua

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
)

func TestCall_RingsAnswersTalksAndEnds(t *testing.T) {
	door, monitor := newDesk(t), newDesk(t)
	out := door.dial(t, monitor.ua.Addr())
	in := monitor.call(t, 1)
	must(t, out.Wait(deadline(t), Ringing))
	if string(in.Offer()) != offer || in.Snapshot().Dialled != "desk" {
		t.Fatalf("offer %q, dialled %q", in.Offer(), in.Snapshot().Dialled)
	}
	must(t, in.Answer([]byte(answer)))
	must(t, out.Wait(deadline(t), Established))
	door.heard(t, answer)
	monitor.heard(t, offer)

	must(t, in.Info(deadline(t), "application/dtmf-relay", []byte("Signal=#\r\n")))
	if got := door.informed(); len(got) != 1 || got[0] != "application/dtmf-relay Signal=#\r\n" {
		t.Fatalf("infos %q", got)
	}
	if err := out.Info(deadline(t), "text/odd", nil); err == nil || !strings.Contains(err.Error(), "415") {
		t.Fatalf("refused INFO: %v", err)
	}
	must(t, out.Bye(deadline(t)))
	must(t, in.Wait(deadline(t), Ended))
	if r := in.Snapshot().Reason; r != "remote_bye" {
		t.Fatalf("reason %q", r)
	}
}

func TestCall_CancelStopsTheRinging(t *testing.T) {
	door, monitor := newDesk(t), newDesk(t)
	out := door.dial(t, monitor.ua.Addr())
	in := monitor.call(t, 1)
	must(t, out.Wait(deadline(t), Ringing))
	must(t, out.Hangup(deadline(t)))
	must(t, in.Wait(deadline(t), Ended))
	if a, b := in.Snapshot().Reason, out.Snapshot(); a != "cancelled" || b.Reason != "cancelled" || b.Status != 487 {
		t.Fatalf("reasons %q %q, status %d", a, b.Reason, b.Status)
	}
	if err := in.Answer([]byte(answer)); err == nil {
		t.Fatal("a cancelled call was answered")
	}
}

func TestCall_DeclineReachesTheCaller(t *testing.T) {
	door, monitor := newDesk(t), newDesk(t)
	out := door.dial(t, monitor.ua.Addr())
	must(t, monitor.call(t, 1).Reject(486, "Busy Here"))
	must(t, out.Wait(deadline(t), Ended))
	if s := out.Snapshot(); s.Reason != "rejected:486" {
		t.Fatalf("reason %q", s.Reason)
	}
}

func TestCall_CancelWaitsForAProvisionalAnswer(t *testing.T) {
	door, p := newDesk(t), newPipe(t)
	out := door.dial(t, p.addr())
	invite := p.next(method("INVITE"))
	out.giveUp()
	p.next(method("INVITE")) // a repetition: still no CANCEL
	p.reply(invite, door.ua.Addr(), "180 Ringing", "")
	cancel := p.next(method("CANCEL"))
	if cancel.Get("Via") != invite.Get("Via") || cancel.URI != invite.URI {
		t.Fatalf("CANCEL does not match its INVITE: %q", cancel.Bytes())
	}
	p.reply(cancel, door.ua.Addr(), "200 OK", "")
	p.reply(invite, door.ua.Addr(), "487 Request Terminated", "")
	ack := p.next(method("ACK"))
	if ack.Get("Via") != invite.Get("Via") {
		t.Fatalf("ACK of 487 outside the transaction: %q", ack.Bytes())
	}
	must(t, out.Wait(deadline(t), Ended))
}

func TestCall_AnswerThatCrossesTheCancelIsHungUp(t *testing.T) {
	door, p := newDesk(t), newPipe(t)
	out := door.dial(t, p.addr())
	invite := p.next(method("INVITE"))
	p.reply(invite, door.ua.Addr(), "180 Ringing", "")
	must(t, out.Wait(deadline(t), Ringing))
	out.giveUp()
	p.next(method("CANCEL"))
	p.reply(invite, door.ua.Addr(), "200 OK", fmt.Sprintf("Contact: <sip:m@%s>\r\n", p.addr()))
	p.next(method("ACK"))
	p.next(method("BYE"))
	must(t, out.Wait(deadline(t), Ended))
}

func TestCall_RepeatedAnswerIsAcknowledgedAgainAlongTheRoute(t *testing.T) {
	door, p := newDesk(t), newPipe(t)
	proxy := newPipe(t)
	out := door.dial(t, p.addr())
	invite := p.next(method("INVITE"))
	ok := func() {
		p.reply(invite, door.ua.Addr(), "200 OK", fmt.Sprintf("Contact: <sip:m@%s>\r\nRecord-Route: <sip:192.0.2.1;lr>, <sip:%s;lr>\r\n",
			p.addr(), proxy.addr()))
	}
	ok()
	must(t, out.Wait(deadline(t), Established))
	ack := proxy.next(method("ACK"))
	if r := ack.Lines("Route"); len(r) != 2 || !strings.Contains(r[1], "192.0.2.1") || !strings.Contains(ack.URI, "sip:m@") {
		t.Fatalf("route %q uri %q", r, ack.URI)
	}
	ok()
	proxy.next(method("ACK"))
}

// raw builds a request by hand.
func raw(p *pipe, method, to, callID string, seq int, branch, extra string) string {
	return fmt.Sprintf("%s sip:desk@x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.77:1;rport;branch=z9hG4bK%s\r\nFrom: <sip:a@b>;tag=raw\r\n"+
		"To: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:a@%s>\r\n%sContent-Length: 0\r\n\r\n", method, branch, to, callID, seq,
		method, p.addr(), extra)
}

func TestServer_RepeatsItsAnswersAndKeepsDialogsApart(t *testing.T) {
	monitor, p := newDesk(t), newPipe(t)
	dest := monitor.ua.Addr()
	invite := raw(p, "INVITE", "<sip:desk@x>", "one", 1, "i1", "Record-Route: <sip:192.0.2.1;lr>\r\n")
	p.send(invite, dest)
	ringing := p.next(status(180))
	p.send(invite, dest)
	if again := p.next(status(180)); again.Get("To") != ringing.Get("To") {
		t.Fatal("the repetition got a dialog of its own")
	}
	if v := ringing.Get("Via"); !strings.Contains(v, "received=127.0.0.1") || !strings.Contains(v, fmt.Sprintf("rport=%d", p.addr().Port())) {
		t.Fatalf("via %q", v)
	}
	in := monitor.call(t, 1)
	must(t, in.Answer([]byte(answer))) // no offer came: ours is in the 200
	ok := p.next(status(200))
	if string(ok.Body) != answer || ok.Get("Record-Route") == "" {
		t.Fatalf("200: %q", ok.Bytes())
	}
	p.next(status(200)) // repeated until the ACK
	to := ok.Get("To")
	p.send(strings.Replace(raw(p, "ACK", to, "one", 1, "a1", ""), "Content-Length: 0\r\n\r\n", "Content-Length: 6\r\n\r\nanswer", 1), dest)
	monitor.heard(t, "answer")

	p.send(raw(p, "INFO", "<sip:desk@x>;tag=guessed", "one", 2, "b1", ""), dest)
	p.next(status(481))
	p.send(strings.Replace(raw(p, "INFO", to, "one", 2, "b2", ""), "tag=raw", "tag=other", 1), dest)
	p.next(status(481))
	p.send(raw(p, "INFO", to, "one", 1, "b3", ""), dest)
	p.next(status(500))
	if got := monitor.informed(); len(got) != 0 {
		t.Fatalf("an INFO from outside the dialog came through: %q", got)
	}
	p.send(strings.Replace(raw(p, "INVITE", to, "one", 3, "r1", ""), "Content-Length: 0\r\n\r\n", "Content-Length: 1\r\n\r\nx", 1), dest)
	again := p.next(status(200))
	if string(again.Body) != "second answer" {
		t.Fatalf("re-INVITE: %q", again.Body)
	}
	p.send(raw(p, "ACK", to, "one", 3, "a2", ""), dest)
	p.send(raw(p, "BYE", to, "one", 4, "b4", ""), dest)
	p.next(func(m *Message) bool { _, s := m.CSeq(); return m.Status == 200 && s == "BYE" })
	must(t, in.Wait(deadline(t), Ended))
}

func TestServer_ExpiryAndStrangeRequests(t *testing.T) {
	monitor, p := newDesk(t), newPipe(t)
	dest := monitor.ua.Addr()
	p.send(raw(p, "INVITE", "<sip:desk@x>", "two", 1, "i1", "Expires: 1\r\n"), dest)
	p.next(status(487))
	p.send(raw(p, "ACK", "<sip:desk@x>", "two", 1, "i1", ""), dest)
	if r := monitor.call(t, 1).Snapshot().Reason; r != "expired" {
		t.Fatalf("reason %q", r)
	}
	for i, c := range []struct {
		method, extra string
		want          int
	}{
		{"OPTIONS", "", 200}, {"MESSAGE", "", 405}, {"CANCEL", "", 481}, {"INVITE", "Require: 100rel\r\n", 420},
	} {
		p.send(raw(p, c.method, "<sip:desk@x>", "odd"+strconv.Itoa(i), 1, "o"+strconv.Itoa(i), c.extra), dest)
		p.next(status(c.want))
	}
	p.send("\r\n\r\n", dest)
	p.send("GARBAGE\r\n\r\n", dest)
	p.send(raw(p, "OPTIONS", "<sip:desk@x>", "last", 1, "l", ""), dest)
	p.next(status(200))
	if n := monitor.ua.Dropped(); n != 1 {
		t.Fatalf("dropped %d", n)
	}
}

func TestRegister_AnswersDigestAndLeaves(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		t.Run(algorithm, func(t *testing.T) {
			d, p := newDesk(t), newPipe(t)
			bindings := make(chan *Message, 4)
			go p.registrar(algorithm, "panel", "s3cret", bindings)
			ctx, cancel := context.WithCancel(t.Context())
			seen := make(chan Registration, 4)
			done := make(chan struct{})
			go func() {
				defer close(done)
				d.ua.Register(ctx, Account{Server: p.addr().String(), User: "panel", Password: "s3cret", Expires: 60},
					func(r Registration) { seen <- r }, func() bool { return true })
			}()
			if r := <-seen; !r.Registered || r.Expires != 90 || r.Status != 200 {
				t.Fatalf("%+v", r)
			}
			m := <-bindings
			contact, err := ParseAddress(m.Get("Contact"))
			if err != nil || net.JoinHostPort(contact.URI.Host, strconv.Itoa(contact.URI.Port)) != d.ua.Addr().String() {
				t.Fatalf("contact %+v %v", contact, err)
			}
			cancel()
			if m = <-bindings; m.Get("Expires") != "0" {
				t.Fatalf("left with %q", m.Get("Expires"))
			}
			<-done
		})
	}
}

func TestRegister_WrongPasswordIsOneAttempt(t *testing.T) {
	d, p := newDesk(t), newPipe(t)
	go p.registrar("MD5", "panel", "s3cret", make(chan *Message, 4))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan Registration, 4)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.ua.Register(ctx, Account{Server: p.addr().String(), User: "panel", Password: "wrong"},
			func(r Registration) { seen <- r }, func() bool { return false })
	}()
	if r := <-seen; r.Registered || r.Status != 401 {
		t.Fatalf("%+v", r)
	}
	cancel()
	<-done
}
