package autop

import (
	"strings"
	"testing"

	"vestibule/shared/domain"
)

const subscribe = "SUBSCRIBE sip:MAC%3A0c1105000001@224.0.1.75 SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1\r\nFrom: <sip:MAC%3a0C1105000001@224.0.1.75>;tag=1\r\n" +
	"To: <sip:224.0.1.75>\r\nCall-ID: a\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:10.0.0.5:5070>\r\nEvent: ua-profile;profile-type=\"device\"\r\nContent-Length: 0\r\n\r\n"

// shows EDGE-21 by agent/autop/pnp.go: "if !strings.HasPrefix(strings.ToLower(ask.one(\"event\")), \"ua-profile\") {" => "if false {"
func TestReadPnP_TakesAProfileQuestionOnly(t *testing.T) {
	ask, ok := readPnP(subscribe)
	if !ok || ask.mac != domain.MAC("0C1105000001") || ask.contact != 5070 {
		t.Fatalf("%+v %v", ask, ok)
	}
	if nameless, ok := readPnP(strings.ReplaceAll(strings.ReplaceAll(subscribe, "MAC%3A0c1105000001@", ""), "MAC%3a0C1105000001@", "")); !ok || nameless.mac != "" {
		t.Errorf("without a name: %+v %v", nameless, ok)
	}
	for name, text := range map[string]string{
		"another method": strings.Replace(subscribe, "SUBSCRIBE ", "INVITE ", 1), "another event": strings.Replace(subscribe, "ua-profile", "presence", 1),
		"no Via": strings.Replace(subscribe, "v:", "x:", 1), "no header": strings.Replace(subscribe, "CSeq: ", "CSeq ", 1), "nothing": "", "a half": subscribe[:60],
	} {
		if _, ok := readPnP(text); ok {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzReadPnP(f *testing.F) {
	f.Add(subscribe)
	f.Add("SUBSCRIBE sip: SIP/2.0\r\nContact:sip:@\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		ask, ok := readPnP(text)
		if !ok {
			return
		}
		for _, answer := range []string{okFor(ask, group.AddrPort()), notifyFor(ask, group.AddrPort(), "http://10.0.0.1:8082/")} {
			if head, _, _ := strings.Cut(answer, "\r\n\r\n"); strings.Count(head, "\r\n") != strings.Count(head, "\n") || strings.Contains(head, "\x00") {
				t.Errorf("an answer with a torn line: %q", answer)
			}
		}
	})
}
