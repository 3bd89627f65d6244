package e2e

import (
	"strings"
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
)

// quiet is how long nothing may happen before a test believes it.
const quiet = 1500 * time.Millisecond

// guarded is a building with a registered monitor that listens, and a stranger on the LAN.
func guarded(t *testing.T) (*building, *peer, *lab.Host) {
	t.Helper()
	b := newBuilding(t, "info")
	b.monitors[0].register(t)
	return b, sipp(t, b.monitors[0].host, "monitor_cancelled", b.monitors[0]), b.lab.Host("stranger")
}

// silent checks that nothing rings and no coil moves for a while.
func (b *building) silent(monitor *peer) {
	b.t.Helper()
	never(b.t, quiet, "a monitor rings or the lock opens", func() bool {
		_, rings := monitor.last(false, "INVITE ")
		return rings || b.board.pulses(0) > 0
	})
}

func TestSpoof_APanelsNameFromAnotherHostRingsNobody(t *testing.T) {
	b, monitor, stranger := guarded(t)
	sipp(t, stranger, "stranger", b.panel, "-s", "101").ok(settle)
	b.silent(monitor)
	nameless := b.panel
	nameless.login.User = "frontdoor"
	refused := sipp(t, stranger, "stranger", nameless, "-s", "101")
	refused.ok(settle)
	refused.got(time.Second, "SIP/2.0 403")
	b.silent(monitor)
	b.row(seenWithin, "security", map[string]any{"what": "unknown_caller"})
}

func TestSpoof_AStolenAddressWithAnotherCardRingsNobody(t *testing.T) {
	b, monitor, stranger := guarded(t)
	b.panel.host.Unplug()
	thief := *stranger
	thief.Take(b.panel.host.IP)
	nameless := b.panel
	nameless.login.User = "frontdoor"
	refused := sipp(t, &thief, "stranger", nameless, "-s", "101")
	refused.ok(settle)
	refused.got(time.Second, "SIP/2.0 403")
	b.silent(monitor)
	row := b.row(seenWithin, "security", map[string]any{"what": "unknown_caller"})
	if detail, _ := row.Body["detail"].(string); !strings.HasPrefix(detail, thief.IP+":") {
		t.Errorf("the row does not name the address: %v", row.Body)
	}
}

func TestSpoof_AWrongPasswordRingsNobodyAndBindsNothing(t *testing.T) {
	b, monitor, stranger := guarded(t)
	wrong := b.panel
	wrong.login.Password = "not-the-password"
	refused := sipp(t, wrong.host, "panel_refused", wrong, "-s", "101")
	refused.ok(settle)
	refused.got(time.Second, "SIP/2.0 403")
	b.silent(monitor)
	b.row(seenWithin, "security", map[string]any{"what": "wrong_digest"})

	wrong = b.monitors[1]
	wrong.login.Password = "not-the-password"
	sipp(t, stranger, "register_refused", wrong, "-s", wrong.login.User).ok(settle)
	never(t, quiet, "the stranger counts as a monitor", func() bool {
		var d struct {
			Status struct {
				SIP bool `json:"sip"`
			} `json:"status"`
		}
		b.must(b.client.Do(t.Context(), "GET", b.sample.Path("/devices/"+b.monitors[1].id), nil, &d))
		return d.Status.SIP
	})
}

func TestSpoof_AnInfoThatCopiesALiveDialogMovesNothing(t *testing.T) {
	b := newBuilding(t, "info")
	b.monitors[0].register(t)
	stranger := b.lab.Host("stranger")
	kitchen := sipp(t, b.monitors[0].host, "monitor_talks", b.monitors[0])
	panel := b.calls("panel", "101")
	kitchen.got(settle, "ACK ")
	answer, _ := kitchen.last(true, "SIP/2.0 200 OK")
	theirs, ours := tag(answer.header("To")), tag(answer.header("From"))
	if theirs == "" || ours == "" {
		t.Fatalf("no tags in\n%s", answer.text)
	}
	sipp(t, stranger, "spoofed_info", b.monitors[0], "-s", b.panel.login.User, "-cid_str", answer.header("Call-ID"), "-key", "theirtag", theirs, "-key", "ourtag", ours).ok(settle)
	never(t, quiet, "the lock opens", func() bool { return b.board.pulses(0) > 0 })
	b.row(seenWithin, "security", map[string]any{"what": "spoofed_info"})
	kitchen.ok(settle)
	panel.ok(settle)
	b.row(seenWithin, "call", map[string]any{"end": "answered", "answered_by_name": "Kitchen"})
	if n := b.board.pulses(0); n != 0 {
		t.Errorf("the lock opened %d times", n)
	}
}

func tag(header string) string {
	_, after, _ := strings.Cut(header, ";tag=")
	value, _, _ := strings.Cut(after, ";")
	return value
}
