package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var units = []string{"vestibule-agent", "vestibule-cloud"}

func TestUnits_RunWithoutPower(t *testing.T) {
	for _, name := range units {
		raw, err := os.ReadFile(name + ".service")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(raw), "\n")
		have := map[string]bool{}
		for _, line := range lines {
			have[line] = true
		}
		for _, want := range []string{
			"DynamicUser=yes", "StateDirectoryMode=0700", "UMask=0077", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes",
			"PrivateTmp=yes", "RestrictNamespaces=yes", "RestrictSUIDSGID=yes", "MemoryDenyWriteExecute=yes", "SystemCallArchitectures=native",
			"SystemCallFilter=~@privileged @resources", "DevicePolicy=closed", "ProtectKernelModules=yes", "Restart=always",
		} {
			if !have[want] {
				t.Errorf("%s: no line %q", name, want)
			}
		}
		if have["User=root"] || !have["User="+name] {
			t.Errorf("%s: does not run as a user of its own", name)
		}
	}
}

// A line that systemd does not know would be skipped in silence. systemd-analyze is asked where it is installed.
func TestUnits_AreUnderstoodBySystemd(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("no systemd on this machine: the units were not verified")
		return
	}
	for _, name := range units {
		raw, err := os.ReadFile(name + ".service")
		if err != nil {
			t.Fatal(err)
		}
		// verify wants the program to exist; the copy names one that does.
		copied := filepath.Join(t.TempDir(), name+".service")
		if err := os.WriteFile(copied, []byte(strings.ReplaceAll(string(raw), "/usr/bin/"+name, "/bin/true")), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(analyze, "verify", "--man=no", copied).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// A unit names only flags that its program has.
func TestUnits_NameFlagsThatExist(t *testing.T) {
	flags := regexp.MustCompile(`--[a-z-]+`)
	for _, name := range units {
		raw, err := os.ReadFile(name + ".service")
		if err != nil {
			t.Fatal(err)
		}
		program := filepath.Join(t.TempDir(), name)
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", program, "vestibule/cmd/"+name)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
		help, _ := exec.Command(program, "--help").CombinedOutput()
		for _, line := range strings.Split(string(raw), "\n") {
			if !strings.HasPrefix(line, "ExecStart=") && !strings.HasPrefix(line, "# ") {
				continue
			}
			for _, flag := range flags.FindAllString(line, -1) {
				if flag != "--now" && !regexp.MustCompile(`(?m)(^|\s)-?`+flag+`\b|(^|\s)-`+strings.TrimPrefix(flag, "--")+`\b`).Match(help) {
					t.Errorf("%s: the program has no flag %s; it says:\n%s", name, flag, help)
				}
			}
		}
	}
}
