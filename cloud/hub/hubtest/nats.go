package hubtest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// NATS is a cluster of real nodes with the configuration of deploy/cluster, on loopback.
type NATS struct {
	Agents []string // host:port of each node's listener for agents
	Clouds []string // of each node's listener for clouds

	t     *testing.T
	nodes []*node
}

type node struct {
	name, conf, health string
	cmd                *exec.Cmd
	log                *bytes.Buffer
}

// natsServer builds the server of the module once; the go command keeps it.
var natsServer = sync.OnceValues(func() (string, error) {
	build := exec.Command("go", "tool", "-n", "github.com/nats-io/nats-server/v2") //nolint:forbidigo // a real peer of tests
	build.Env = append(os.Environ(), "CGO_ENABLED=0")                              // as everything else that is built to run
	text, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("nats-server: %w\n%s", err, text)
	}
	return strings.TrimSpace(string(text)), nil
})

// StartNATS starts n nodes that end with the test.
func StartNATS(t *testing.T, files Files, n int) *NATS {
	t.Helper()
	shipped, err := os.ReadFile(filepath.Join(root(t), "deploy", "cluster", "nats.conf"))
	must(t, err)
	c := &NATS{t: t}
	ports := Ports(t, 4*n)
	var routes []string
	for i := range n {
		routes = append(routes, `"tls://127.0.0.1:`+ports[4*i+2]+`"`)
	}
	for i := range n {
		dir := t.TempDir()
		for name, data := range files {
			write(t, filepath.Join(dir, name), data)
		}
		p := ports[4*i : 4*i+4]
		text := strings.NewReplacer(
			"/etc/nats/vestibule", dir, "/var/lib/nats", filepath.Join(dir, "store"), "0.0.0.0:4222", "127.0.0.1:"+p[0], "0.0.0.0:8883", "127.0.0.1:"+p[1],
			"0.0.0.0:6222", "127.0.0.1:"+p[2], "127.0.0.1:8222", "127.0.0.1:"+p[3],
		).Replace(string(shipped))
		from := strings.Index(text, "routes: [")
		text = text[:from] + "routes: [ " + strings.Join(routes, ", ") + " ]" + text[from+strings.Index(text[from:], "]")+1:]
		if n == 1 {
			text = text[:strings.Index(text, "# The nodes among themselves.")] + text[strings.Index(text, "# The cloud hears"):]
		}
		conf := filepath.Join(dir, "nats.conf")
		write(t, conf, []byte(text))
		c.nodes = append(c.nodes, &node{name: fmt.Sprint("nats-", i+1), conf: conf, health: "http://127.0.0.1:" + p[3] + "/healthz"})
		c.Clouds, c.Agents = append(c.Clouds, "127.0.0.1:"+p[0]), append(c.Agents, "127.0.0.1:"+p[1])
	}
	t.Cleanup(func() {
		for i := range c.nodes {
			c.Kill(i)
		}
	})
	for i := range c.nodes {
		c.launch(i)
	}
	for i := range c.nodes {
		c.await(i)
	}
	return c
}

// Start starts a node again after Kill, and waits until it is one of the cluster.
func (c *NATS) Start(i int) {
	c.t.Helper()
	c.launch(i)
	c.await(i)
}

func (c *NATS) launch(i int) {
	c.t.Helper()
	program, err := natsServer()
	must(c.t, err)
	n := c.nodes[i]
	n.log = &bytes.Buffer{}
	n.cmd = exec.Command(program, "-c", n.conf) //nolint:gosec,forbidigo // a real peer of tests, with the test's own configuration
	n.cmd.Env = append(os.Environ(), "VESTIBULE_NODE="+n.name)
	n.cmd.Stdout, n.cmd.Stderr = n.log, n.log
	must(c.t, n.cmd.Start())
}

// await waits until a node says that it is well, its store of MQTT's own things among the cluster's.
func (c *NATS) await(i int) {
	c.t.Helper()
	n := c.nodes[i]
	late, tick := time.After(3*Patience), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for !well(c.t.Context(), n.health) {
		select {
		case <-tick.C:
		case <-late:
			c.Kill(i)
			c.t.Fatalf("%s is not well\n%s", n.name, n.log)
		}
	}
}

func well(ctx context.Context, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// Kill ends a node at once: no farewells.
func (c *NATS) Kill(i int) {
	n := c.nodes[i]
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait()
	n.cmd = nil
}
