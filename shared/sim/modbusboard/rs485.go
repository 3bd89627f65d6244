package modbusboard

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// Noise is what goes wrong on the wire, each in parts of one.
type Noise struct {
	Requests float64 // a frame to the boards is hit
	Answers  float64 // a frame from a board is hit
	Chatter  float64 // stray bytes before an answer
	Lost     float64 // an answer does not come through
	Echo     bool    // the adapter hears itself
}

// Bus is an RS485 bus with several boards on it, behind a pseudo terminal. Every board hears every frame, those of the others too.
type Bus struct {
	master *os.File
	slave  *os.File // held open, so that the line stays when nobody is at it
	units  map[byte]*Unit

	mu    sync.Mutex
	noise Noise
	rnd   *rand.Rand
	heard int64
}

// gap ends a frame that has no right checksum.
const gap = 15 * time.Millisecond

// OpenBus makes a bus; the map's keys are the unit ids. The seed decides where noise falls.
func OpenBus(units map[byte]*Unit, seed uint64) (*Bus, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	b := &Bus{master: master, units: units, rnd: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // noise is no secret
	var n, unlock int32
	if err := errors.Join(control(master, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock)), control(master, syscall.TIOCGPTN, unsafe.Pointer(&n))); err != nil {
		_ = master.Close()
		return nil, err
	}
	b.slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(n)), os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		_ = master.Close()
		return nil, err
	}
	raw := syscall.Termios{Cflag: syscall.CS8 | syscall.CREAD | syscall.CLOCAL | syscall.B9600}
	raw.Cc[syscall.VMIN] = 1
	if err := control(b.slave, syscall.TCSETS, unsafe.Pointer(&raw)); err != nil {
		b.Close()
		return nil, fmt.Errorf("set the line: %w", err)
	}
	return b, nil
}

func control(f *os.File, request uintptr, arg unsafe.Pointer) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	err = conn.Control(func(fd uintptr) { _, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(arg)) })
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}

// Path is the serial port at the other end.
func (b *Bus) Path() string { return b.slave.Name() }

// Unit is the board with that id.
func (b *Bus) Unit(id byte) *Unit { return b.units[id] }

// SetNoise changes what goes wrong.
func (b *Bus) SetNoise(n Noise) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.noise = n
}

// Heard counts whole frames that came from the other end.
func (b *Bus) Heard() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.heard
}

// Close ends the line.
func (b *Bus) Close() {
	_ = b.slave.Close()
	_ = b.master.Close()
}

// Run serves until ctx ends.
func (b *Bus) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, b.Close)
	defer stop()
	var frame []byte
	chunk := make([]byte, 256)
	for {
		wait := time.Time{}
		if len(frame) > 0 {
			wait = time.Now().Add(gap)
		}
		if err := b.master.SetReadDeadline(wait); err != nil {
			return ctx.Err()
		}
		n, err := b.master.Read(chunk)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			frame = nil // silence ends what nobody understood
			continue
		}
		if err != nil {
			return ctx.Err()
		}
		if b.echo() {
			_, _ = b.master.Write(chunk[:n])
		}
		frame = append(frame, chunk[:n]...)
		if len(frame) > 256 {
			frame = nil
		}
		if got := b.hit(frame, func(n Noise) float64 { return n.Requests }); whole(got) {
			frame = nil
			b.serve(got)
		} else if whole(frame) {
			frame = nil // it was hit on its way
		}
	}
}

func (b *Bus) echo() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.noise.Echo
}

// serve hands a frame to every board; the one that it names answers, and the others hear that too.
func (b *Bus) serve(frame []byte) {
	b.mu.Lock()
	b.heard++
	b.mu.Unlock()
	unit := b.units[frame[0]]
	if unit == nil {
		return
	}
	pdu, wait := unit.Answer(frame[1 : len(frame)-2])
	if pdu == nil {
		return
	}
	answer := append([]byte{frame[0]}, pdu...)
	sum := checksum(answer)
	answer = append(answer, byte(sum), byte(sum>>8))
	if wait > 0 {
		time.AfterFunc(wait, func() { b.send(answer) })
		return
	}
	b.send(answer)
}

func (b *Bus) send(answer []byte) {
	sent := b.hit(answer, func(n Noise) float64 { return n.Answers })
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rnd.Float64() < b.noise.Lost {
		return
	}
	if b.rnd.Float64() < b.noise.Chatter {
		stray := make([]byte, 1+b.rnd.IntN(6))
		for i := range stray {
			stray[i] = byte(b.rnd.IntN(256))
		}
		sent = append(stray, sent...)
	}
	_, _ = b.master.Write(sent)
}

// hit damages a copy of a frame as often as the noise says: up to three bits, or a burst, or its end is cut off.
func (b *Bus) hit(frame []byte, how func(Noise) float64) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(frame) == 0 || b.rnd.Float64() >= how(b.noise) {
		return frame
	}
	frame = append([]byte(nil), frame...)
	switch b.rnd.IntN(3) {
	case 0:
		for range 1 + b.rnd.IntN(3) {
			frame[b.rnd.IntN(len(frame))] ^= 1 << b.rnd.IntN(8)
		}
	case 1:
		at := b.rnd.IntN(len(frame))
		frame[at] ^= byte(1 + b.rnd.IntN(255))
		if at+1 < len(frame) {
			frame[at+1] ^= byte(b.rnd.IntN(256))
		}
	default:
		frame = frame[:b.rnd.IntN(len(frame))]
	}
	return frame
}

// whole tells whether the bytes end in their own checksum.
func whole(frame []byte) bool { return len(frame) >= 4 && checksum(frame) == 0 }

// checksum is CRC-16/Modbus by the table of the serial line guide, computed: 0 over a frame with its own.
func checksum(frame []byte) uint16 {
	sum := uint16(0xffff)
	for _, b := range frame {
		sum = sum>>8 ^ table[byte(sum)^b]
	}
	return sum
}

var table = func() (t [256]uint16) {
	for i := range t {
		sum := uint16(i)
		for range 8 {
			if sum&1 == 1 {
				sum = sum>>1 ^ 0xa001
			} else {
				sum >>= 1
			}
		}
		t[i] = sum
	}
	return t
}()
