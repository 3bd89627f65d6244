package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

const entered = "VESTIBULE_LAB"

// Enter is called from TestMain before anything else. In the outer program it runs the same program again inside new network and mount
// namespaces and gives its exit code; done tells that the caller should exit with it. In the inner program it
// prepares the namespaces and returns done false.
func Enter() (code int, done bool) {
	if os.Getenv(entered) != "" {
		if err := prepare(); err != nil {
			fmt.Fprintln(os.Stderr, "lab:", err)
			return 1, true
		}
		return 0, false
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), entered+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	cmd.SysProcAttr = attr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, true
	case errors.As(err, &exit):
		return exit.ExitCode(), true
	}
	fmt.Fprintln(os.Stderr, "lab:", err)
	return 1, true
}

// prepare hides /run behind an empty file system (named namespaces, avahi and dbus sockets live there) and brings loopback up.
func prepare() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := syscall.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("own /run: %w", err)
	}
	if err := os.MkdirAll("/run/netns", 0o755); err != nil { //nolint:gosec // ip-netns wants it readable
		return err
	}
	return run("ip", "link", "set", "lo", "up")
}

func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput() //nolint:gosec // fixed tools with the lab's own names
	if err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, out)
	}
	return nil
}
