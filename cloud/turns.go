package cloud

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"vestibule/cloud/turn"
	"vestibule/shared/secret"
)

// TurnConfig says where the TURN server for media between agents is; without Listen there is none.
type TurnConfig struct {
	Listen     string         // host:port, UDP
	Public     string         // IP or IP:port by which agents reach it; default: the listening address
	Ports      string         // first-last of the ports it lends; default 49152-49663
	Allowed    []netip.Prefix // private networks that it may send to; none by default
	SecretFile string         // one line that several clouds share; without it each start makes its own
}

const turnPorts = "49152-49663"

// leastSecret is as much as a guess must not find.
const leastSecret = 16

func (r TurnConfig) check(fail func(ok bool, field, format string, args ...any)) {
	if r.Listen == "" {
		fail(r.Public == "" && r.Ports == "" && len(r.Allowed) == 0 && r.SecretFile == "", "turn", "The address of the TURN server, such as :3478.")
		return
	}
	_, err := net.ResolveUDPAddr("udp4", r.Listen)
	fail(err == nil, "turn", "%q is not an address to listen on, such as :3478.", r.Listen)
	_, err = r.public(0)
	fail(err == nil, "turn-public", "%q is no address such as 198.51.100.7 or 198.51.100.7:3478.", r.Public)
	_, _, err = r.ports()
	fail(err == nil, "turn-ports", "%q are no ports such as %s.", r.Ports, turnPorts)
}

// public is how agents reach the TURN server; port is the one that is listened on.
func (r TurnConfig) public(port uint16) (netip.AddrPort, error) {
	text := r.Public
	if text == "" {
		host, _, err := net.SplitHostPort(r.Listen)
		if err != nil {
			return netip.AddrPort{}, err
		}
		if text = host; host == "" || host == "0.0.0.0" || host == "::" {
			text = ownAddress()
		}
	}
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at, nil
	}
	a, err := netip.ParseAddr(text)
	return netip.AddrPortFrom(a, port), err
}

func (r TurnConfig) ports() (first, last uint16, err error) {
	text := r.Ports
	if text == "" {
		text = turnPorts
	}
	from, to, _ := strings.Cut(text, "-")
	low, err := strconv.ParseUint(from, 10, 16)
	if err != nil {
		return 0, 0, err
	}
	high, err := strconv.ParseUint(to, 10, 16)
	if err == nil && (low < 1024 || high < low) {
		err = fmt.Errorf("%d-%d is no range above 1023", low, high)
	}
	return uint16(low), uint16(high), err
}

// serveTurn starts the TURN server on its port.
func (c *Cloud) serveTurn() error {
	r := c.cfg.Turn
	if c.ports.turn == nil {
		return nil
	}
	at, err := netip.ParseAddrPort(c.ports.turn.LocalAddr().String())
	if err != nil {
		return err
	}
	public, err := r.public(at.Port())
	if err != nil {
		return err
	}
	first, last, err := r.ports()
	if err != nil {
		return err
	}
	key := secret.New(rand.Text())
	if r.SecretFile != "" {
		text, err := os.ReadFile(r.SecretFile)
		if err != nil {
			return fmt.Errorf("--turn-secret-file: %w", err)
		}
		line := strings.TrimSpace(string(text))
		if len(line) < leastSecret {
			return fmt.Errorf("--turn-secret-file: fewer than %d characters", leastSecret)
		}
		key = secret.New(line)
	}
	c.turn, err = turn.New(turn.Config{
		Conn: c.ports.turn, Public: public, Bind: at.Addr().Unmap().String(), First: first, Last: last, Allowed: r.Allowed,
		Secret: key, Now: time.Now, Logger: c.cfg.Logger,
	})
	return err
}
