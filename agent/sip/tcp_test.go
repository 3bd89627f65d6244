package sip

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
)

// dialect writes text about TCP as text about the connection's own transport.
type dialect struct {
	net.Conn
	transport string
}

func (d *dialect) Write(b []byte) (int, error) {
	text := strings.NewReplacer("SIP/2.0/TCP", "SIP/2.0/"+strings.ToUpper(d.transport), "transport=tcp", "transport="+d.transport).Replace(string(b))
	if _, err := d.Conn.Write([]byte(text)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// stream is a phone's TCP connection; it reads one message at a time.
type stream struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func (w *stream) read() message {
	w.t.Helper()
	if err := w.c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		w.t.Fatal(err)
	}
	var head strings.Builder
	length := 0
	for {
		line, err := w.r.ReadString('\n')
		if err != nil {
			w.t.Fatalf("connection: %v after %q", err, head.String())
		}
		if strings.TrimSpace(line) == "" {
			break
		}
		head.WriteString(line)
		if k, v, _ := strings.Cut(line, ":"); strings.EqualFold(k, "content-length") {
			length, _ = strconv.Atoi(strings.TrimSpace(v))
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(w.r, body); err != nil {
		w.t.Fatal(err)
	}
	return readMessage([]byte(head.String() + "\r\n" + string(body)))
}

func (w *stream) next(what string, fits func(message) bool) message {
	w.t.Helper()
	for range 20 {
		if m := w.read(); fits(m) {
			return m
		}
	}
	w.t.Fatalf("%s did not come", what)
	return message{}
}

// A monitor on TCP registers, rings over its connection, opens by INFO and hangs up.
func TestTCP_MonitorRingsOverItsConnection(t *testing.T) {
	h := newHouse(t, 1, domain.DTMFInfo).start()
	c, err := net.Dial("tcp4", h.server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ringsOver(t, h, c, "tcp")
}

// ringsOver is a whole call with a monitor on one connection: it registers, rings, is answered, opens by INFO and is hung up.
func ringsOver(t *testing.T, h *house, conn net.Conn, transport string) {
	t.Helper()
	c := &dialect{conn, transport}
	w := &stream{t, conn, bufio.NewReader(conn)}
	user := h.mons[0].SIPUser
	p := &phone{t: t, agent: h.server.Addr(), user: user, password: "pw-" + user}
	register := func(seq int, extra string) {
		fmt.Fprintf(c, "REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bKt%d\r\nMax-Forwards: 70\r\nFrom: <sip:%s@x>;tag=t\r\nTo: <sip:%s@x>\r\nCall-ID: tcp\r\nCSeq: %d REGISTER\r\nContact: <sip:%s@%s;transport=tcp>\r\n%sContent-Length: 0\r\n\r\n",
			h.server.Addr(), c.LocalAddr(), seq, user, user, seq, user, c.LocalAddr(), extra)
	}
	register(1, "")
	res := w.read()
	register(2, "Authorization: "+p.authorization(res, "REGISTER", "sip:"+h.server.Addr().String())+"\r\n")
	if res = w.read(); res.status() != 200 {
		t.Fatal(res.start)
	}
	door := h.phone(h.door)
	d := door.invite("101", offer(door.addr()))
	in := w.next("INVITE", func(m message) bool { return m.method() == "INVITE" })
	if !strings.HasPrefix(in.get("via"), "SIP/2.0/"+strings.ToUpper(transport)+" ") || !strings.Contains(in.get("contact"), "transport="+transport) {
		t.Errorf("Via %q, Contact %q", in.get("via"), in.get("contact"))
	}
	answer := func(m message, code int, body string) {
		to := m.get("to")
		if paramOf(to, "tag") == "" {
			to += ";tag=tt"
		}
		fmt.Fprint(c, withBody(fmt.Sprintf("SIP/2.0 %d OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:%s@%s;transport=tcp>\r\n",
			code, m.get("via"), m.get("from"), to, m.get("call-id"), m.get("cseq"), user, c.LocalAddr()), body))
	}
	answer(in, 200, offer(door.addr()))
	w.next("ACK", func(m message) bool { return m.method() == "ACK" })
	if res := d.result(); res.status() != 200 {
		t.Fatal(res.start)
	}
	info := "Signal=#\r\n"
	fmt.Fprintf(c, "INFO %s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bKinfo\r\nMax-Forwards: 70\r\nFrom: %s;tag=tt\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 9 INFO\r\nContent-Type: application/dtmf-relay\r\nContent-Length: %d\r\n\r\n%s",
		strings.Trim(in.get("contact"), "<>"), c.LocalAddr(), in.get("to"), in.get("from"), in.get("call-id"), len(info), info)
	h.doors.wait(t)
	d.request("BYE", "", "")
	answer(w.next("BYE", func(m message) bool { return m.method() == "BYE" }), 200, "")
	if got := h.mem.call(t, 1); got.End != domain.EndOpened {
		t.Errorf("ended with %s", got.End)
	}
	h.mem.until(t, "stored legs gone", func() bool { return len(h.mem.legs) == 0 }) // the answer to BYE was read
}

func TestTCP_ConnectionsFromOneHostAreBounded(t *testing.T) {
	h := newHouse(t, 0, domain.DTMFInfo)
	h.cfg = func(c *Config) { c.Limits.FromOneHost = 3 }
	h.start()
	var open []net.Conn
	for range 6 {
		c, err := net.Dial("tcp4", h.server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
	}
	for i, c := range open {
		limit := patience
		if i < 3 {
			limit = 50 * time.Millisecond
		}
		if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
			t.Fatal(err)
		}
		_, err := c.Read(make([]byte, 1))
		if closed := errors.Is(err, io.EOF) || strings.Contains(err.Error(), "reset"); closed != (i >= 3) {
			t.Errorf("connection %d: %v", i, err)
		}
	}
}
