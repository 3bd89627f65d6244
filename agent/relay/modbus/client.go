package modbus

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/grid-x/modbus"
)

// handler frames and carries requests.
type handler interface {
	modbus.Packager
	modbus.Transporter
}

// client speaks to one unit.
type client struct {
	modbus.Client
	handler handler
}

func newClient(h handler, unit int) client {
	h.SetSlave(byte(unit))
	return client{modbus.NewClient2(h, h), h}
}

// writeCoil is FC05 with a value that is neither on nor off: the steps of a pulse. The library takes the two values of the standard alone.
func (c client) writeCoil(ctx context.Context, at, value uint16) error {
	data := make([]byte, 4)
	binary.BigEndian.PutUint16(data, at)
	binary.BigEndian.PutUint16(data[2:], value)
	request, err := c.handler.Encode(&modbus.ProtocolDataUnit{FunctionCode: modbus.FuncCodeWriteSingleCoil, Data: data})
	if err != nil {
		return err
	}
	raw, err := c.handler.Send(ctx, request)
	if err != nil {
		return err
	}
	if err := c.handler.Verify(request, raw); err != nil {
		return err
	}
	answer, err := c.handler.Decode(raw)
	if err != nil {
		return err
	}
	if answer.FunctionCode == modbus.FuncCodeWriteSingleCoil|0x80 && len(answer.Data) > 0 {
		return &modbus.Error{FunctionCode: answer.FunctionCode, ExceptionCode: answer.Data[0]}
	}
	if answer.FunctionCode != modbus.FuncCodeWriteSingleCoil || string(answer.Data) != string(data) {
		return fmt.Errorf("the answer % x is no echo of coil %d", answer.Data, at)
	}
	return nil
}

// tcp is a Modbus TCP connection.
type tcp struct {
	address string
	timeout time.Duration
	conn    *modbus.TCPClientHandler
}

func (t *tcp) live() bool { return t.conn != nil }

func (t *tcp) client(ctx context.Context, unit int) (client, error) {
	if t.conn == nil {
		dialer := &net.Dialer{Timeout: t.timeout}
		h := modbus.NewTCPClientHandler(withPort(t.address), modbus.WithDialer(dialer.DialContext))
		h.Timeout = t.timeout
		h.IdleTimeout = -1 // we close; a timer of the library would close behind our back
		if err := h.Connect(ctx); err != nil {
			_ = h.Close()
			return client{}, err
		}
		t.conn = h
	}
	return newClient(t.conn, unit), nil
}

func (t *tcp) drop() error {
	if t.conn == nil {
		return nil
	}
	err := t.conn.Close()
	t.conn = nil
	return err
}

// withPort adds the port of Modbus TCP where none is named.
func withPort(address string) string {
	if strings.Contains(address, ":") {
		return address
	}
	return address + ":502"
}
