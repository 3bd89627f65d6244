package embedded_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// hostile is an agent with a real certificate that does what it likes, as JSON for a process of its own: its processor is not the broker's.
type hostile struct {
	Addr       string
	ID         domain.AgentID
	Chain      [][]byte
	Key, Root  []byte // PKCS 8 and DER
	Attack     string
	Other      string // topic of somebody else
	from       net.IP // where it connects from; nil: anywhere
	config     *tls.Config
	tries, tls atomic.Int64 // connections begun, and handshakes that succeeded
}

// deeds are what came of an attack.
type deeds struct{ Tries, TLS int64 }

func (s *site) hostile(t *testing.T, agent domain.AgentID, cert tls.Certificate) *hostile {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return &hostile{Addr: s.addr, ID: agent, Chain: cert.Certificate, Key: key, Root: s.authority.cert.Raw}
}

// arm makes the TLS of a hostile one from what stands in it.
func (h *hostile) arm() error {
	key, err := x509.ParsePKCS8PrivateKey(h.Key)
	if err != nil {
		return err
	}
	root, err := x509.ParseCertificate(h.Root)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	h.config = &tls.Config{
		RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: h.Chain, PrivateKey: key}},
	}
	return nil
}

// open makes a connection of MQTT by hand; nil when it is refused.
func (h *hostile) open() *tls.Conn {
	h.tries.Add(1)
	conn, err := tls.DialWithDialer(&net.Dialer{LocalAddr: &net.TCPAddr{IP: h.from}}, "tcp", h.Addr, h.config)
	if err != nil {
		return nil
	}
	body := append([]byte("\x00\x04MQTT\x04\x02\x00\x3c\x00\x24"), h.ID.String()...)
	answer := make([]byte, 4)
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	_, err = conn.Write(append([]byte{0x10, byte(len(body))}, body...))
	if err == nil {
		_, err = io.ReadFull(conn, answer)
	}
	if err != nil {
		_ = conn.Close()
		return nil
	}
	h.tls.Add(1)
	_ = conn.SetDeadline(time.Time{})
	return conn
}

// publish is the bytes of a message at QoS 1 or 0.
func publish(topic string, qos byte, payload []byte) []byte {
	body := binary.BigEndian.AppendUint16(nil, uint16(len(topic)))
	body = append(body, topic...)
	if qos > 0 {
		body = append(body, 0, 7)
	}
	body = append(body, payload...)
	return append(binary.AppendUvarint([]byte{0x30 | qos<<1}, uint64(len(body))), body...)
}

// cut ends a connection without a word: a farewell would wait behind everything that the broker does not read.
func cut(conn *tls.Conn) {
	if conn != nil {
		_ = conn.NetConn().Close()
	}
}

// pour writes the same bytes again and again, on a new connection when one ends, without ever backing off; without bytes it connects again and again.
func (h *hostile) pour(end <-chan struct{}, data []byte, reads bool, perSec int) {
	var conn *tls.Conn
	beat := time.NewTicker(time.Second / time.Duration(perSec))
	defer beat.Stop()
	for {
		select {
		case <-end:
			cut(conn)
			return
		default:
		}
		if conn == nil {
			<-beat.C
			if conn = h.open(); conn == nil {
				continue
			}
			if data == nil {
				cut(conn)
				conn = nil
				continue
			}
			if reads {
				go func(c *tls.Conn) { _, _ = io.Copy(io.Discard, c) }(conn)
			}
		}
		_ = conn.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		if _, err := conn.Write(data); err != nil {
			cut(conn)
			conn = nil
		}
	}
}

func (h *hostile) beats() []byte {
	data, err := wire.Seal(wire.KindBeat, domain.ConnID{9}, wire.Beat{MonoMilli: 1})
	if err != nil {
		panic(err)
	}
	return bytes.Repeat(publish(wire.UpTopic(h.ID, wire.KindBeat), 1, data), 50)
}

// reconnects is the attack that only connects.
const reconnects = "connects a thousand times a second"

// attack is what an enrolled agent does until the end.
type attack struct {
	name string
	does func(h *hostile, end <-chan struct{})
}

// attacks are what one may do to harm others.
var attacks = []attack{
	{"floods", func(h *hostile, end <-chan struct{}) { h.pour(end, h.beats(), true, triesPerSec) }},
	{"reads nothing", func(h *hostile, end <-chan struct{}) { h.pour(end, h.beats(), false, triesPerSec) }},
	{"sends giant packets", func(h *hostile, end <-chan struct{}) {
		h.pour(end, publish(wire.UpTopic(h.ID, wire.KindBeat), 1, make([]byte, 1<<20)), true, triesPerSec)
	}},
	{"speaks on another's topic", func(h *hostile, end <-chan struct{}) {
		h.pour(end, bytes.Repeat(publish(h.Other, 0, []byte("x")), 50), true, triesPerSec)
	}},
	{reconnects, func(h *hostile, end <-chan struct{}) {
		const hands = 8
		var work sync.WaitGroup
		for range hands {
			work.Go(func() { h.pour(end, nil, false, triesPerSec/hands) })
		}
		work.Wait()
	}},
}

// hostileEnv holds a hostile as JSON in the process that plays it.
const hostileEnv = "VESTIBULE_HOSTILE"

// TestMain plays a hostile agent when this process is one.
func TestMain(m *testing.M) {
	if text := os.Getenv(hostileEnv); text != "" {
		if err := play(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	priority(-10)
	os.Exit(m.Run())
}

// priority sets how this process stands to others on a machine with other work, where it may: what is measured here is the broker.
func priority(nice int) {
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		if id, err := strconv.Atoi(task.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, nice)
		}
	}
}

// play attacks from one line of its input to the next, again and again, and says each time what came of it.
func play(text string) error {
	priority(0) // the attacker has no such right
	h := &hostile{}
	if err := json.Unmarshal([]byte(text), h); err != nil {
		return err
	}
	if err := h.arm(); err != nil {
		return err
	}
	does := attacks[slices.IndexFunc(attacks, func(a attack) bool { return a.name == h.Attack })].does
	lines, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for lines.Scan() {
		end := make(chan struct{})
		var work sync.WaitGroup
		work.Go(func() { does(h, end) })
		lines.Scan()
		close(end)
		work.Wait()
		if err := out.Encode(deeds{h.tries.Swap(0), h.tls.Swap(0)}); err != nil {
			return err
		}
	}
	return nil
}

// attacker is a hostile agent in a process of its own.
type attacker struct {
	t     *testing.T
	order io.Writer
	said  *json.Decoder
}

func (h *hostile) start(t *testing.T) *attacker {
	t.Helper()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), hostileEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	a := &attacker{t, in, json.NewDecoder(out)}
	a.begin()
	a.end() // it stands
	return a
}

// begin lets it attack.
func (a *attacker) begin() {
	a.t.Helper()
	if _, err := io.WriteString(a.order, "\n"); err != nil {
		a.t.Fatal(err)
	}
}

// end ends the attack and tells what came of it.
func (a *attacker) end() (d deeds) {
	a.t.Helper()
	a.begin()
	if err := a.said.Decode(&d); err != nil {
		a.t.Fatal(err)
	}
	return d
}
