package onvifcam

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// group is where WS-Discovery asks.
var group = &net.UDPAddr{IP: net.IPv4(239, 255, 255, 250), Port: 3702}

// Responder answers WS-Discovery on one interface.
type Responder struct {
	conn *net.UDPConn
	say  func(probe Probe, from netip.AddrPort) []string
}

// Probe is what somebody asks the network.
type Probe struct {
	ID    string // of the message
	Types string
}

// Respond joins the group on an interface. say gives the datagrams that answer a probe; nil answers as an honest camera.
func (c *Camera) Respond(iface string, say func(probe Probe, from netip.AddrPort) []string) (*Responder, error) {
	nic, err := net.InterfaceByName(iface)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenMulticastUDP("udp4", nic, group)
	if err != nil {
		return nil, err
	}
	if say == nil {
		say = func(p Probe, _ netip.AddrPort) []string {
			if t := strings.TrimSpace(p.Types); t != "" && !strings.Contains(t, "NetworkVideoTransmitter") && !strings.Contains(t, "Device") {
				return nil
			}
			return []string{c.Match(p.ID, "http://"+c.Addr().String()+"/onvif/device_service")}
		}
	}
	return &Responder{conn: conn, say: say}, nil
}

// Run answers until ctx ends.
func (r *Responder) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = r.conn.Close() })
	defer stop()
	buf := make([]byte, 16<<10)
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return ctx.Err()
		}
		var in struct {
			Header struct{ MessageID string }
			Body   struct{ Probe *struct{ Types string } }
		}
		if xml.Unmarshal(buf[:n], &in) != nil || in.Body.Probe == nil {
			continue
		}
		for _, text := range r.say(Probe{ID: strings.TrimSpace(in.Header.MessageID), Types: in.Body.Probe.Types}, from) {
			_, _ = r.conn.WriteToUDPAddrPort([]byte(text), from)
		}
	}
}

// Match is the answer to the message of an id, with the addresses of the device service.
func (c *Camera) Match(id, addresses string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<SOAP-ENV:Header><wsa:MessageID>uuid:%s</wsa:MessageID><wsa:RelatesTo>%s</wsa:RelatesTo><wsa:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To><wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action></SOAP-ENV:Header>
<SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:00000000-0000-1000-8000-%s</wsa:Address></wsa:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>%s</d:Scopes><d:XAddrs>%s</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`,
		rand.Text(), id, strings.ToLower(c.o.MAC), strings.Join(c.scopes("%s"), " "), addresses)
}
