package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
	"vestibule/deploy/stack"
)

var simProgram = build("vestibule-sim", "")

const (
	freshMAC = "0C11050B98F1"
	filesAt  = "http://" + lab.AgentLAN + ":8082/"
)

// plugIn starts a monitor that is as from the factory: it asks the network for its settings and answers calls by itself.
func (b *building) plugIn(host *lab.Host) *process {
	b.t.Helper()
	config, err := json.Marshal(map[string]any{
		"bind": host.IP, "mdns": "eth0",
		"monitors": []any{map[string]any{
			"name": "Fresh", "mac": freshMAC, "http_port": 80, "sip_port": 5060, "api_password": "factory-secret", "autop": "pnp", "answer_after_millis": 100,
		}},
	})
	b.must(err)
	path := filepath.Join(b.t.TempDir(), "sim.json")
	b.must(os.WriteFile(path, config, 0o600))
	return launch(b.t, "fresh monitor", host.Command(context.Background(), program(b.t, simProgram), "--config", path))
}

// A factory-fresh intercom is plugged in: it finds its file by SIP PnP, takes its account and a login of its interface that nobody knows, is read back
// equal, and rings and answers. Nobody touches it, and nobody typed more than its MAC.
//
// shows BEY-24 by cloud/fleet/devices.go: "d.APIUser, d.APIPassword = ownUser, secret.Random(sipPasswordLength)"
// shows BEY-24 by agent/autop/server.go: "go func() { ended <- s.listenPnP(ctx) }()" => "go func() { ended <- nil }()"
func TestZeroTouch_AFreshIntercomRings(t *testing.T) {
	b := newBuilding(t, "info")
	_, err := b.sample.AddDevice(t.Context(), b.client, stack.DeviceForm{
		Type: 2, MAC: freshMAC, Name: "Fresh", ApartmentID: b.sample.Apartments["101"], Driver: "akuvox", DTMFMethod: "info",
	})
	b.must(err)
	b.inStep()
	panel := baresip(t, b.panel)
	host := b.lab.Host("fresh")
	host.SetMAC(freshMAC)
	began := time.Now()
	b.plugIn(host)
	status := func() (sip bool, receipt string) {
		var list struct {
			Items []struct {
				Name   string `json:"name"`
				Status struct {
					SIP     bool `json:"sip"`
					Receipt struct {
						State string `json:"state"`
					} `json:"receipt"`
				} `json:"status"`
			} `json:"items"`
		}
		b.must(b.client.Do(t.Context(), "GET", b.sample.Path("/devices"), nil, &list))
		for _, d := range list.Items {
			if d.Name == "Fresh" {
				return d.Status.SIP, d.Status.Receipt.State
			}
		}
		return false, ""
	}
	eventually(t, 2*settle, "the fresh monitor is registered", func() bool { sip, _ := status(); return sip })
	registered := time.Since(began)
	panel.dial("101")
	panel.talks(settle)
	rang := time.Since(began)
	panel.hangUp()
	b.row(settle, "call", map[string]any{"answered_by_name": "Fresh"})
	eventually(t, 2*settle, "the fresh monitor is read back equal", func() bool { _, receipt := status(); return receipt == "applied" })
	t.Logf("plugged in → registered %.1f s, rang and answered %.1f s, read back equal %.1f s", registered.Seconds(), rang.Seconds(), time.Since(began).Seconds())
}

// provesItself fetches with the account that a file brought, by curl's own digest: the file comes from wherever the device stands, its secrets do not.
func (b *building) provesItself(curl func(host *lab.Host, args ...string) string, stranger *lab.Host, kitchen device, settings map[string]string) {
	b.t.Helper()
	path := settings["files.url"] + monitorAMAC + ".cfg"
	for name, c := range map[string]struct {
		host           *lab.Host
		user, password string
		code           string
	}{
		"the device":        {kitchen.host, settings["files.user"], settings["files.password"], "200"},
		"behind a router":   {stranger, settings["files.user"], settings["files.password"], "200"},
		"a guess":           {kitchen.host, settings["files.user"], "files", "401"},
		"its SIP password":  {kitchen.host, settings["files.user"], settings["sip.password"], "401"},
		"another's account": {kitchen.host, b.monitors[1].login.User, settings["files.password"], "401"},
	} {
		got := curl(c.host, "--digest", "-u", c.user+":"+c.password, path)
		if !strings.HasSuffix(got, "\n"+c.code) || strings.Contains(got, "password") || strings.Contains(got, "sip.server") != (c.code == "200") {
			b.t.Errorf("%s: %s", name, got)
		}
	}
}

// A softphone that we did not write takes its account from the provisioning file, fetched with curl; a stranger gets none, and a second fetch changes
// the password.
//
// shows EDGE-21/R50 by agent/autop/account.go: "right := p.Matches(r.Method, account.Password.Reveal())" => "	right := true"
// shows EDGE-21 by cloud/exposed.go: "return c.fleet.RotateSIP(ctx, site, id)" => "_ = id; return nil"
func TestFiles_AnotherPhoneTakesItsAccountAndAStrangerNothing(t *testing.T) {
	b := newBuilding(t, "info")
	kitchen := b.monitors[0]
	curl := func(host *lab.Host, args ...string) string {
		t.Helper()
		out, err := host.Command(t.Context(), "curl", append([]string{"-sS", "-m", "10", "--path-as-is", "-w", "\n%{http_code}"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("curl: %v\n%s", err, out)
		}
		return string(out)
	}
	file := filesAt + monitorAMAC + ".cfg"
	stranger := b.lab.Host("stranger")
	stranger.SetMAC("0C11050B98EE") // of the maker, of nobody here
	for _, args := range [][]string{{file}, {filesAt + "0C11050B98EE.cfg"}, {filesAt + "../" + monitorAMAC + ".cfg"}, {"-k", "https://" + lab.AgentLAN + ":8443/" + monitorAMAC + ".cfg"}} {
		if got := curl(stranger, args...); !strings.HasSuffix(got, "\n404") || strings.Contains(got, kitchen.login.Password) {
			t.Errorf("a stranger got %s", got)
		}
	}
	if got := curl(kitchen.host, "-X", "PUT", "-d", "x", file); !strings.HasSuffix(got, "\n405") {
		t.Errorf("PUT: %s", got)
	}
	settings := map[string]string{}
	first := curl(kitchen.host, strings.ToLower(file))
	for line := range strings.Lines(first) {
		if key, value, ok := strings.Cut(line, "="); ok {
			settings[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	if settings["sip.server"]+":"+settings["sip.port"] != agentSIP {
		t.Fatalf("the file says\n%s", strings.ReplaceAll(first, kitchen.login.Password, "…"))
	}
	own := kitchen
	own.login = stack.SIPLogin{User: settings["sip.user"], Password: settings["sip.password"]}
	baresip(t, own) // is registered when it returns
	b.provesItself(curl, stranger, kitchen, settings)
	again := curl(kitchen.host, file)
	if !strings.HasSuffix(again, "\n200") || strings.Contains(again, "sip.password") {
		t.Error("a second fetch gets the password")
	}
	b.row(settle, "security", map[string]any{"what": "file_fetched_again", "device_name": "Kitchen"})
	eventually(t, settle, "the password is changed", func() bool {
		login, err := b.sample.SIP(t.Context(), b.client, "Kitchen")
		return err == nil && login.Password != "" && login.Password != own.login.Password
	})
}
