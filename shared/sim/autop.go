package sim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// PnP is the value of DeviceConfig.AutoP of a device that asks its network for a provisioning server when it starts.
const PnP = "pnp"

// Manners of a device that looks for its settings.
const (
	pnpEvery = 5 * time.Second
	pnpTries = 60
	maxFile  = 256 << 10
)

var pnpGroup = netip.MustParseAddrPort("224.0.1.75:5060")

// provision asks for settings after a start, until it has some: who knows them is asked by multicast, and the file is fetched and applied.
func (d *Device) provision(ctx context.Context) {
	if d.cfg.AutoP != PnP {
		return
	}
	for range pnpTries {
		url, err := d.askPnP(ctx)
		if err == nil {
			err = d.fetch(ctx, url)
		}
		if err == nil || ctx.Err() != nil {
			return
		}
	}
}

// askPnP subscribes to the device's profile and gives the address that comes back; it takes as long as devices wait.
func (d *Device) askPnP(ctx context.Context) (url string, err error) {
	conn, err := d.multicaster()
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	local := conn.LocalAddr().String()
	id := rand.Text()
	ask := fmt.Sprintf("SUBSCRIBE sip:MAC%%3A%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 20\r\n"+
		"From: <sip:MAC%%3A%s@%s>;tag=%s\r\nTo: <sip:MAC%%3A%s@%s>\r\nCall-ID: %s\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:%s>\r\n"+
		"Event: ua-profile;profile-type=\"device\";vendor=\"Simulated\";model=\"%s\";version=\"%s\"\r\nAccept: application/url\r\nExpires: 0\r\nContent-Length: 0\r\n\r\n",
		d.cfg.MAC, pnpGroup.Addr(), local, id, d.cfg.MAC, pnpGroup.Addr(), id[:8], d.cfg.MAC, pnpGroup.Addr(), id, local, d.cfg.Model, d.cfg.Firmware)
	if _, err := conn.WriteToUDPAddrPort([]byte(ask), pnpGroup); err != nil {
		pause(ctx, pnpEvery)
		return "", err
	}
	_ = conn.SetReadDeadline(time.Now().Add(pnpEvery))
	buf := make([]byte, 4<<10)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return "", err
		}
		head, body, ok := strings.Cut(string(buf[:n]), "\r\n\r\n")
		if !ok || !strings.HasPrefix(head, "NOTIFY ") || !strings.Contains(head, id) {
			continue
		}
		_, _ = conn.WriteToUDPAddrPort([]byte(accepted(head)), from)
		return strings.TrimSpace(body), nil
	}
}

// accepted answers a NOTIFY.
func accepted(head string) string {
	out := "SIP/2.0 200 OK\r\n"
	for _, line := range strings.Split(head, "\r\n")[1:] {
		name, _, _ := strings.Cut(line, ":")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "via", "from", "to", "call-id", "cseq":
			out += line + "\r\n"
		}
	}
	return out + "Content-Length: 0\r\n\r\n"
}

// multicaster is a socket of the device that sends to groups from the device's own address, whatever routes there are.
func (d *Device) multicaster() (*net.UDPConn, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		if e := raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInet4Addr(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, d.ip.As4())
		}); e != nil {
			return e
		}
		return err
	}}
	conn, err := config.ListenPacket(context.Background(), "udp4", netip.AddrPortFrom(d.ip, 0).String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// fetch reads the device's file below a URL and applies it.
func (d *Device) fetch(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, pnpEvery)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/"+d.cfg.MAC+".cfg", http.NoBody)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: d.ip.AsSlice()}}).DialContext,
	}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxFile))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	d.Configure(settingsIn(string(raw)))
	return nil
}

// settingsIn reads a provisioning file: one setting a line, # and ; begin comments.
func settingsIn(file string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(file) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, "=")
		if ok && line[0] != '#' && line[0] != ';' {
			out[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return out
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
