package modbus

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"vestibule/shared/domain"
)

var speeds = map[int]uint32{
	4800: syscall.B4800, 9600: syscall.B9600, 19200: syscall.B19200, 38400: syscall.B38400, 57600: syscall.B57600, 115200: syscall.B115200,
}

// openSerial opens a port in raw mode, for nobody else. It waits by the runtime's poller, so that an agent with a thousand connections may have a port
// with a high number too. Who sends on the wire is switched by the adapter or the kernel's driver.
func openSerial(line domain.Line) (stream, error) {
	speed, ok := speeds[line.Baud]
	if !ok {
		return nil, fmt.Errorf("no serial line has %d baud", line.Baud)
	}
	f, err := os.OpenFile(line.Address, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	t := syscall.Termios{Cflag: speed | syscall.CS8 | syscall.CREAD | syscall.CLOCAL, Ispeed: speed, Ospeed: speed}
	t.Cc[syscall.VMIN] = 1
	switch line.Parity {
	case domain.ParityEven:
		t.Cflag |= syscall.PARENB
		t.Iflag |= syscall.INPCK
	case domain.ParityOdd:
		t.Cflag |= syscall.PARENB | syscall.PARODD
		t.Iflag |= syscall.INPCK
	}
	if line.StopBits == 2 {
		t.Cflag |= syscall.CSTOPB
	}
	if err := set(f, &t); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s is no serial port: %w", line.Address, err)
	}
	return f, nil
}

func set(f *os.File, t *syscall.Termios) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCEXCL, 0)
		if errno == 0 {
			_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TCSETS, uintptr(unsafe.Pointer(t))) //nolint:gosec // the settings of a port have no other door
		}
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}
