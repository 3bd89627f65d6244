package modbus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/grid-x/modbus"

	"vestibule/shared/domain"
)

// What can happen on a serial line beside an answer.
var (
	errSilent = errors.New("no answer in time")
	errNoise  = errors.New("no frame with a right checksum came")
	errUnsent = errors.New("the line is never quiet, nothing was sent")
)

// stream is a serial port or a connection to a serial server.
type stream interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
}

// framer is RTU framing without a port of its own.
type framer struct{ *modbus.RTUClientHandler }

// rtu is an RTU line. Before every request it listens until the line has been silent for 3.5 characters, and throws away what it hears: noise, or the
// answer of a board that was given up. An answer counts only whole, from the unit and function that were asked, with its checksum.
type rtu struct {
	framer
	open    func(ctx context.Context) (stream, error)
	timeout time.Duration
	silence time.Duration // 3.5 characters
	char    time.Duration // one character on the line

	port   stream
	echoes bool // the adapter hears itself: every answer is led by the request
}

// Bounds of the silence before a request.
const (
	fastest   = 1750 * time.Microsecond // above 19200 baud the standard fixes it
	overTCP   = 20 * time.Millisecond   // a serial server keeps the times of its own line; this catches late answers
	bitsAChar = 11
)

func newSerial(line domain.Line, timeout time.Duration) *rtu {
	char := time.Duration(bitsAChar) * time.Second / time.Duration(max(line.Baud, 1))
	silence := max(fastest, 7*char/2)
	if line.Baud <= 19200 {
		silence = 7 * char / 2
	}
	return &rtu{
		framer: framer{modbus.NewRTUClientHandler("")}, timeout: timeout, silence: silence, char: char,
		open: func(context.Context) (stream, error) { return openSerial(line) },
	}
}

func newOver(address string, timeout time.Duration) *rtu {
	return &rtu{
		framer: framer{modbus.NewRTUClientHandler("")}, timeout: timeout, silence: overTCP,
		open: func(ctx context.Context) (stream, error) {
			return (&net.Dialer{Timeout: timeout}).DialContext(ctx, "tcp4", withPort(address))
		},
	}
}

func (r *rtu) live() bool { return r.port != nil }

func (r *rtu) client(ctx context.Context, unit int) (client, error) {
	if r.port == nil {
		port, err := r.open(ctx)
		if err != nil {
			return client{}, err
		}
		r.port, r.echoes = port, false
	}
	return newClient(r, unit), nil
}

func (r *rtu) drop() error {
	if r.port == nil {
		return nil
	}
	err := r.port.Close()
	r.port = nil
	return err
}

// Send carries one request and waits for its answer.
func (r *rtu) Send(ctx context.Context, request []byte) ([]byte, error) {
	if r.port == nil {
		return nil, errUnsent
	}
	if err := r.hush(ctx); err != nil {
		return nil, err
	}
	if n, err := r.port.Write(request); err != nil {
		if n == 0 {
			_ = r.drop()
			return nil, fmt.Errorf("%w: %w", errUnsent, err)
		}
		return nil, err
	}
	return r.answer(request, time.Now().Add(r.timeout+r.char*time.Duration(len(request)+1)))
}

// hush listens until nothing came for 3.5 characters. A line that chatters on belongs to somebody else.
func (r *rtu) hush(ctx context.Context) error {
	end := time.Now().Add(r.timeout)
	waste := make([]byte, 256)
	for ctx.Err() == nil && time.Now().Before(end) {
		if err := r.port.SetReadDeadline(time.Now().Add(r.silence)); err != nil {
			return fmt.Errorf("%w: %w", errUnsent, err)
		}
		_, err := r.port.Read(waste)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			_ = r.drop()
			return fmt.Errorf("%w: %w", errUnsent, err)
		}
	}
	return errUnsent
}

// answer collects bytes until a whole answer stands in them.
func (r *rtu) answer(request []byte, end time.Time) ([]byte, error) {
	var heard []byte
	chunk := make([]byte, 256)
	if err := r.port.SetReadDeadline(end); err != nil {
		return nil, err
	}
	for len(heard) < 8*len(chunk) {
		n, err := r.port.Read(chunk)
		heard = append(heard, chunk[:n]...)
		if frame := r.find(request, heard); frame != nil {
			return frame, nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if len(heard) == 0 || r.echoes && bytes.Equal(heard, request) {
		return nil, errSilent
	}
	return nil, fmt.Errorf("%w in % x", errNoise, heard[:min(len(heard), 32)])
}

// find looks for an answer to request in what was heard. The echo of a write looks like its answer, so an adapter that hears itself is found at a
// read, which always comes before: its own request is then taken off.
func (r *rtu) find(request, heard []byte) []byte {
	reads := request[1] >= modbus.FuncCodeReadCoils && request[1] <= modbus.FuncCodeReadInputRegisters
	if reads {
		r.echoes = r.echoes || bytes.HasPrefix(heard, request)
	}
	if r.echoes {
		rest, ok := bytes.CutPrefix(heard, request)
		if !ok {
			return nil
		}
		heard = rest
	}
	for at := range heard {
		if frame := frameOf(request, heard[at:]); frame != nil {
			return frame
		}
	}
	return nil
}

// frameOf gives the frame that heard begins with, when it is a whole answer to request.
func frameOf(request, heard []byte) []byte {
	if len(heard) < 5 || heard[0] != request[0] {
		return nil
	}
	size := 8 // address and value, as they were written
	switch {
	case heard[1] == request[1]|0x80:
		size = 5
	case heard[1] != request[1]:
		return nil
	case request[1] <= modbus.FuncCodeReadInputRegisters:
		size = 5 + int(heard[2])
	}
	if len(heard) < size || crc(heard[:size]) != 0 {
		return nil
	}
	return heard[:size]
}

// crc is CRC-16/Modbus: of a frame that ends in its own checksum it is 0.
func crc(frame []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, b := range frame {
		sum ^= uint16(b)
		for range 8 {
			if sum&1 != 0 {
				sum = sum>>1 ^ 0xA001
			} else {
				sum >>= 1
			}
		}
	}
	return sum
}
