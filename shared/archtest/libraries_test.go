package archtest

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// parts are the areas in each of which one library has at most one importing package, so that it can be replaced in an afternoon.
var parts = map[string][]string{
	"cloud":           {"cloud/..."},
	"agent":           {"agent/..."},
	"firmware-mirror": {"firmware-mirror/..."},
	"sim":             {"shared/sim/..."},
}

// sharedMay lists what packages of shared import beside the standard library; the simulated building is no part of either half.
var sharedMay = map[string][]string{
	"github.com/fxamacker/cbor/v2":  {"shared/wire", "shared/desired", "shared/secret"},
	"github.com/klauspost/compress": {"shared/wire"},
}

// sameInSim are libraries that the simulated building shares with the agent because no second one of any worth exists.
var sameInSim = map[string]string{
	"github.com/emiago/sipgo":      "the one living SIP stack in Go; SIPp and baresip are the peers that share no code",
	"github.com/grandcat/zeroconf": "the one mDNS publisher in Go that is served; avahi is the peer that shares no code",
	"github.com/miekg/dns":         "the one DNS message library in Go; avahi is the peer that shares no code",
}

// importers gives, for each outside library, the packages inside the patterns whose own files (tests excepted) import it.
func importers(tr tree, patterns ...string) map[string][]string {
	users := map[string][]string{}
	for _, p := range tr.ours {
		if !in(p.name(), patterns...) {
			continue
		}
		mine := map[string]bool{}
		for _, path := range p.Imports {
			if q := tr.all[path]; q != nil && q.library() != "" {
				mine[q.library()] = true
			}
		}
		for library := range mine {
			users[library] = append(users[library], p.name())
		}
	}
	return users
}

func TestLibraries_HaveOneImporterInEachPart(t *testing.T) {
	tr := load(t)
	for part, patterns := range parts {
		for library, users := range importers(tr, patterns...) {
			if len(users) > 1 {
				slices.Sort(users)
				t.Errorf("%s: %s is imported by %s: one package only, so that it can be replaced", part, library, strings.Join(users, " and "))
			}
		}
	}
}

func TestLibraries_SharedStaysSmall(t *testing.T) {
	for library, users := range importers(load(t), "shared/...") {
		for _, user := range users {
			if !in(user, "shared/sim/...") && !in(user, sharedMay[library]...) {
				t.Errorf("%s imports %s: shared code is standard library, CBOR and (in wire only) zstd", user, library)
			}
		}
	}
}

func TestLibraries_SimDiffersFromTheAgent(t *testing.T) {
	tr := load(t)
	sim, agent := importers(tr, "shared/sim/..."), importers(tr, "agent/...")
	for _, library := range slices.Sorted(maps.Keys(sim)) {
		if _, both := agent[library]; both && sameInSim[library] == "" {
			t.Errorf("the simulated building and the agent both import %s: an error in it would agree with itself", library)
		}
	}
}

// Programs and tools are thin: what they need of a library, a package of a half gives them.
func TestLibraries_ProgramsImportNone(t *testing.T) {
	for library, users := range importers(load(t), "cmd/...") {
		if library == "github.com/alecthomas/kong" {
			continue // the command line itself
		}
		t.Errorf("%s: imported by %s; a main is flags, Config, Run, exit code", library, strings.Join(users, " and "))
	}
}
