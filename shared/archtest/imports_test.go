package archtest

import (
	"slices"
	"strings"
	"testing"
)

// fence forbids packages in from to depend on packages in to, at any distance unless direct is set.
type fence struct {
	from, except []string
	to, allow    []string
	direct       bool // only the import lines of the package itself count
	tests        bool // test files must keep it too
	why          string
}

var (
	everything    = []string{"cmd/...", "cloud/...", "agent/...", "shared/...", "firmware-mirror/...", "deploy/..."}
	cloudAdapters = []string{"cloud/api/...", "cloud/hub/...", "cloud/store/...", "cloud/portal/..."}
	agentAdapters = []string{"agent/link/...", "agent/sip/...", "agent/store/...", "agent/lanapi/..."}
	cloudWiring   = []string{"cloud", "cloud/cloudtest/..."}
	agentWiring   = []string{"agent", "agent/agenttest/..."}
)

var fences = []fence{
	{
		from: []string{"cloud/..."}, to: []string{"agent/..."}, tests: true,
		why: "the halves are released apart and meet on the link alone",
	},
	{
		from: []string{"agent/..."}, to: []string{"cloud/..."}, tests: true,
		why: "the halves are released apart and meet on the link alone; the agent is small and builds without the cloud",
	},
	{
		from: []string{"firmware-mirror/..."}, to: everything, allow: []string{"firmware-mirror/...", "shared/..."},
		why: "the mirror is linked into the agent and is also a process of its own",
	},
	{
		from: []string{"shared/..."}, to: everything, allow: []string{"shared/..."}, tests: true,
		why: "shared code that knew one half would drag it into the other",
	},
	{
		from: everything, except: []string{"cmd/...", "deploy/..."}, to: []string{"cmd/...", "deploy/..."},
		why: "a program is wiring: flags, Config, Run, exit code; nothing is built on it",
	},
	{
		from: []string{"shared/sim/..."}, to: everything, allow: []string{"shared/sim/..."},
		why: "the simulated building must be able to disagree with the agent",
	},
	{
		from: everything, except: []string{"cmd/...", "deploy/...", "shared/sim/..."}, to: []string{"shared/sim/...", "shared/archtest/..."},
		why: "only programs and tests start a simulated building",
	},
	{
		from: []string{"cloud/..."}, except: slices.Concat(cloudWiring, cloudAdapters), to: slices.Concat(cloudWiring, cloudAdapters),
		why: "a job knows no transport and no database; the adapter knows the job",
	},
	{
		from: []string{"agent/..."}, except: slices.Concat(agentWiring, agentAdapters), to: slices.Concat(agentWiring, agentAdapters),
		why: "a job knows no transport and no database; the adapter knows the job",
	},
	{
		from: []string{"agent/call/...", "agent/door/...", "agent/access/..."},
		to:   []string{"agent/link/...", "agent/remote/...", "agent/configsync/..."},
		why:  "the building never waits for the cloud",
	},
	{
		from: []string{"agent/discovery/..."}, to: []string{"agent/provision/...", "agent/door/...", "agent/call/..."},
		why: "discovery gives candidates and decides nothing",
	},
	{
		from: []string{"agent/callback/..."}, to: []string{"agent/door/...", "agent/relay/...", "agent/access/...", "agent/remote/..."},
		why: "what a device says opens nothing",
	},
	{
		from: []string{"agent/..."}, except: slices.Concat(agentWiring, []string{"agent/door/...", "agent/relay/...", "agent/device/..."}),
		to: []string{"agent/relay/..."}, direct: true,
		why: "door.Open is the only way to a relay",
	},
}

func (f fence) forbids(from, to string) bool {
	return in(from, f.from...) && !in(from, f.except...) && in(to, f.to...) && !in(to, f.allow...)
}

// check gives one line for every dependency of p that f forbids.
func (f fence) check(tr tree, p *listed) []string {
	deps := p.Deps
	if f.direct {
		deps = p.Imports
	}
	if f.tests {
		for _, name := range slices.Concat(p.TestImports, p.XTestImports) {
			deps = append(slices.Clone(deps), name)
			if q := tr.all[name]; q != nil {
				deps = append(deps, q.Deps...)
			}
		}
	}
	var lines []string
	for _, dep := range deps {
		name, ours := strings.CutPrefix(dep, module+"/")
		if ours && name != p.name() && f.forbids(p.name(), name) {
			lines = append(lines, p.name()+" depends on "+name+": "+f.why)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func TestImports_StayInsideTheFences(t *testing.T) {
	tr := load(t)
	for _, p := range tr.ours {
		for _, f := range fences {
			for _, line := range f.check(tr, p) {
				t.Error(line)
			}
		}
	}
}

// The fences themselves: each row is a dependency that somebody could add by accident.
func TestFences_RefuseWhatTheyName(t *testing.T) {
	for _, c := range []struct {
		from, to string
		refused  bool
	}{
		{"cloud/fleet", "agent/call", true},
		{"agent", "cloud/fleet", true},
		{"agent/call", "agent/link", true},
		{"agent/call/plan", "agent/link", true},
		{"agent/door", "agent/link", true},
		{"agent/callback", "agent/door", true},
		{"agent/access", "agent/store", true},
		{"agent/outbox", "agent/store", true},
		{"cloud/fleet", "cloud/store", true},
		{"cloud/command", "cloud/hub/embedded", true},
		{"cloud/fleet", "cloud/desiredstate", false},
		{"cloud/store", "cloud/fleet", false},
		{"cloud", "cloud/store", false},
		{"agent/store", "agent/outbox", false},
		{"agent", "agent/link", false},
		{"agent/remote", "agent/relay/modbus", true},
		{"agent/door", "agent/relay", false},
		{"shared/wire", "cloud/hub", true},
		{"shared/sim", "shared/domain", true},
		{"shared/sim/phone", "shared/sim/board", false},
		{"agent/door", "shared/sim", true},
		{"cloud", "cmd/vestibule-cloud", true},
		{"cmd/vestibule-demo", "shared/sim", false},
		{"firmware-mirror/mirror", "agent/update", true},
		{"firmware-mirror/serve", "firmware-mirror/mirror", false},
	} {
		got := slices.ContainsFunc(fences, func(f fence) bool { return f.forbids(c.from, c.to) })
		if got != c.refused {
			t.Errorf("%s → %s: refused %v, want %v", c.from, c.to, got, c.refused)
		}
	}
}

// Both halves meet in programs and in deploy only.
func TestImports_OnlyProgramsKnowBothHalves(t *testing.T) {
	tr := load(t)
	for _, p := range tr.ours {
		if in(p.name(), "cmd/...", "deploy/...") {
			continue
		}
		var cloud, agent bool
		for _, name := range tr.reaches(p) {
			cloud = cloud || in(name, "cloud/...")
			agent = agent || in(name, "agent/...")
		}
		if cloud && agent {
			t.Errorf("%s depends on both halves: only cmd and deploy may", p.name())
		}
	}
}
