package box

import (
	"strings"
	"testing"

	"vestibule/agent"
	"vestibule/cloud/cloudtest"
)

// An enrolled agent signs what it tells, and the cloud finds that signature good by the certificate it gave; the agent's own log stands too.
//
// shows BEY-10 by agent/house.go: "Quarantined: h.quarantined, Sign: a.sign, Logger: a.part(\"outbox\")," => "Quarantined: h.quarantined, Logger: a.part(\"outbox\"),"
// shows BEY-10 by cloud/enroll/vouch.go: "if ecdsa.VerifyASN1(key, sum, signature) {" => "if _ = key; len(sum) == 0 {"
func TestVerify_TheCloudKnowsTheAgentsSignature(t *testing.T) {
	c := cloudtest.Start(t, "").SetUp(t)
	path, _, _ := site(t, c)
	b := newBox(t, cloudtest.Want[claim](t, c, 201, "POST", path+"/claims", nil).Link)
	eventually(t, patience, "the log arrives and its last row is signed", func() bool {
		found := cloudtest.Want[struct {
			Whole  bool
			Chains []struct {
				Stream, Bad       string
				Rows, Seq, Signed int
			}
		}](t, c, 200, "GET", path+"/events/verify", nil)
		if !found.Whole {
			t.Fatalf("%+v", found)
		}
		return len(found.Chains) > 0 && found.Chains[0].Rows > 0 && found.Chains[0].Signed > 0
	})
	lines, ok, err := agent.VerifyLog(t.Context(), b.dir)
	if err != nil || !ok || len(lines) != 2 || !strings.Contains(lines[0], "with the cloud") {
		t.Errorf("%q %v %v", lines, ok, err)
	}
}
