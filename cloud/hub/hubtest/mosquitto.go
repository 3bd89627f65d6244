package hubtest

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Files are what the shipped configuration of a broker names, by name: agents-ca.pem, cloud-ca.pem, broker.pem and broker.key, for NATS also node.pem,
// node.key and issuer.conf.
type Files map[string][]byte

// Mosquitto is a real broker with the rules of deploy/cluster, on loopback.
type Mosquitto struct {
	Agents string // host:port of the agents' listener
	Second string // of another listener for agents
	Cloud  string // of the cloud's listener
	Open   string // of a listener on which everybody may say and hear everything; empty without StartOpenMosquitto

	t    *testing.T
	conf string
	cmd  *exec.Cmd
	log  *bytes.Buffer
}

// StartMosquitto starts one that ends with the test. A machine without Mosquitto fails the test: what was not tried is not shown.
func StartMosquitto(t *testing.T, files Files) *Mosquitto {
	t.Helper()
	m := prepare(t, files)
	m.Start()
	return m
}

// StartOpenMosquitto starts one with a listener more, without TLS and without rules: whoever is there has the broker.
func StartOpenMosquitto(t *testing.T, files Files) *Mosquitto {
	t.Helper()
	m := prepare(t, files)
	text, err := os.ReadFile(m.conf)
	must(t, err)
	var own []string // rules that hold for each listener but the open one
	conf := regexp.MustCompile(`(?m)^(allow_anonymous|acl_file) .*\n`).ReplaceAllStringFunc(string(text), func(line string) string {
		own = append(own, line)
		return ""
	})
	if len(own) != 2 {
		t.Fatalf("the shipped rules are %q", own)
	}
	conf = regexp.MustCompile(`(?m)^listener .*\n`).ReplaceAllStringFunc(conf, func(line string) string { return line + strings.Join(own, "") })
	port := Ports(t, 1)[0]
	m.Open = "127.0.0.1:" + port
	write(t, m.conf, []byte("per_listener_settings true\n"+conf+"\nlistener "+port+" 127.0.0.1\nallow_anonymous true\n"))
	m.Start()
	return m
}

// prepare writes the configuration and what it names.
func prepare(t *testing.T, files Files) *Mosquitto {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		write(t, filepath.Join(dir, name), data)
	}
	shipped := filepath.Join(root(t), "deploy", "cluster")
	rules, err := os.ReadFile(filepath.Join(shipped, "rules.acl"))
	must(t, err)
	write(t, filepath.Join(dir, "rules.acl"), rules)
	conf, err := os.ReadFile(filepath.Join(shipped, "mosquitto.conf"))
	must(t, err)
	ports := Ports(t, 3)
	m := &Mosquitto{t: t, Agents: "127.0.0.1:" + ports[0], Second: "127.0.0.1:" + ports[1], Cloud: "127.0.0.1:" + ports[2], conf: filepath.Join(dir, "mosquitto.conf")}
	text := strings.NewReplacer(
		"/etc/mosquitto/vestibule", dir, "listener 8883", "listener "+ports[0]+" 127.0.0.1", "listener 8884", "listener "+ports[2]+" 127.0.0.1",
	).Replace(string(conf))
	agents := text[strings.Index(text, "listener "+ports[0]):strings.Index(text, "# The cloud:")]
	text += "\n" + strings.Replace(agents, ports[0], ports[1], 1)
	if os.Geteuid() == 0 {
		text += "\nuser root\n" // the test's folder is nobody else's
	}
	write(t, m.conf, []byte(text))
	t.Cleanup(m.Stop)
	return m
}

// Start starts the broker again after Stop.
func (m *Mosquitto) Start() {
	m.t.Helper()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto"
	}
	m.log = &bytes.Buffer{}
	m.cmd = exec.Command(program, "-c", m.conf) //nolint:gosec,forbidigo // a real peer of tests, with the test's own configuration
	m.cmd.Stdout, m.cmd.Stderr = m.log, m.log
	must(m.t, m.cmd.Start())
	late, tick := time.After(Patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for _, at := range []string{m.Agents, m.Second, m.Cloud, m.Open} {
		for at != "" {
			conn, err := net.Dial("tcp", at)
			if err == nil {
				_ = conn.Close()
				break
			}
			select {
			case <-tick.C:
			case <-late:
				m.Stop()
				m.t.Fatalf("Mosquitto does not listen: %v\n%s", err, m.log)
			}
		}
	}
}

// Stop kills the broker: no wills, no farewells.
func (m *Mosquitto) Stop() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.cmd = nil
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	must(t, os.WriteFile(path, data, 0o600))
}

// Ports gives TCP ports of loopback that nobody listens on, for programs that open them later and again after their death. They lie below those that the kernel
// gives to whoever asks for any (from 32768 on): a connection that begins meanwhile takes none of them.
func Ports(t *testing.T, n int) []string {
	t.Helper()
	const first, count = 10_000, 20_000
	var out []string
	for range 1000 {
		port := strconv.Itoa(first + rand.IntN(count))
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			continue
		}
		defer func() { _ = l.Close() }()
		if out = append(out, port); len(out) == n {
			return out
		}
	}
	t.Fatal("no port of loopback is free")
	return nil
}

// root is the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	must(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

// ReadFiles reads what vestibule-cloud broker-files wrote.
func ReadFiles(t *testing.T, dir string) Files {
	t.Helper()
	out := Files{}
	list, err := os.ReadDir(dir)
	must(t, err)
	for _, file := range list {
		data, err := os.ReadFile(filepath.Join(dir, file.Name()))
		must(t, err)
		out[file.Name()] = data
	}
	return out
}
