package onvif_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/devicetest"
	"vestibule/agent/device/onvif"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim/onvifcam"
)

var quick = web.Options{Gap: -1, Connect: time.Second, Answer: 5 * time.Second}

// eye is a simulated camera, which shares no code with the driver.
type eye struct{ *onvifcam.Camera }

func newEye(t *testing.T, shape func(*onvifcam.Options)) eye {
	t.Helper()
	o := onvifcam.Options{
		Addr: netip.MustParseAddrPort("127.0.0.1:0"), User: "ops", Password: "pa<55>&word", Model: "DS-1", MAC: "0C1105000031", Firmware: "1.2.3", Host: "camera.example:8080",
	}
	if shape != nil {
		shape(&o)
	}
	c, err := onvifcam.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return eye{c}
}

func (e eye) Access() device.Access {
	return device.Access{Addr: e.Addr(), User: "ops", Password: secret.New("pa<55>&word")}
}

func (e eye) Identity() device.Identity {
	return device.Identity{MAC: "0C1105000031", Model: "DS-1", Firmware: "1.2.3"}
}

func (e eye) Stream() string { return "rtsp://127.0.0.1:554/live/main" }

func driver(e eye) *onvif.Camera {
	d := onvif.New(quick)
	d.Use(e.Access())
	return d
}

// The camera names itself by a name that nobody here can resolve; what counts is where it is.
//
// shows BEY-16 by agent/device/onvif/camera.go: "at.Host, at.User = own, nil" => "at.User = nil"
// shows BEY-16 by agent/device/onvif/soap.go: "b.WriteString(token(user, password.Reveal(), time.Now().Add(offset)))"
// shows BEY-16 by shared/capability/acts.go: "{Identify, Snapshot}," => "\"onvif\": {Identify},"
func TestCamera_KeepsTheContract(t *testing.T) {
	devicetest.Abilities(t, domain.DriverONVIF, onvif.New(quick))
	devicetest.Viewers(t, func(t *testing.T) (device.Driver, devicetest.Eye) {
		e := newEye(t, nil)
		return driver(e), e
	})
}

// A camera that does not know what time it is refuses tokens of our time.
//
// shows BEY-16 by agent/device/onvif/camera.go: "c.offset = time.Until(theirs)"
func TestCamera_ClockThatIsWrong(t *testing.T) {
	for _, skew := range []time.Duration{-20 * 365 * 24 * time.Hour, 3 * time.Hour} {
		e := newEye(t, func(o *onvifcam.Options) { o.Skew = skew })
		if who, err := driver(e).Identify(t.Context()); err != nil || who != e.Identity() {
			t.Errorf("%v: %+v %v", skew, who, err)
		}
	}
}

func TestCamera_HostileAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		quirks onvifcam.Quirks
		want   device.Kind
	}{
		"a page to log in at": {onvifcam.Quirks{LoginPage: true}, device.Garbled},
		"nested for ever":     {onvifcam.Quirks{Deep: true}, device.Garbled},
		"no MAC":              {onvifcam.Quirks{NoMAC: true}, device.Garbled},
	} {
		e := newEye(t, nil)
		e.SetQuirks(c.quirks)
		if who, err := driver(e).Identify(t.Context()); device.KindOf(err) != c.want {
			t.Errorf("%s: %+v %v, want %s", name, who, err, c.want)
		}
	}
	e := newEye(t, nil)
	e.SetQuirks(onvifcam.Quirks{Picture: []byte("<html>no picture</html>")})
	if p, err := driver(e).Snapshot(t.Context()); device.KindOf(err) != device.Garbled {
		t.Errorf("%s: %v", p.Type, err)
	}
	e.SetQuirks(onvifcam.Quirks{Picture: append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"), bytes.Repeat([]byte{0}, device.MaxPicture)...)})
	if p, err := driver(e).Snapshot(t.Context()); device.KindOf(err) != device.Garbled {
		t.Errorf("%d bytes: %v", len(p.Data), err)
	}
}

// peers is where the npm package lies that the tests of ONVIF talk to (`make peers`).
var peers = filepath.Join("..", "..", "..", "deploy", "peers", "onvif", "node_modules", "onvif")

// The answers that the package's own tests hold were written by others after real cameras.
//
// shows BEY-16 by agent/device/onvif/camera.go: "if mac, err := domain.ParseMAC(strings.TrimSpace(card.Info.HwAddress)); err == nil && (card.Enabled || len(cards.NetworkInterfaces) == 1) {" => "if mac, err := domain.ParseMAC(strings.ToUpper(card.Info.HwAddress[1:])); err == nil {"
func TestCamera_ReadsAnswersThatOthersWrote(t *testing.T) {
	folder := filepath.Join(peers, "test", "serverMockup")
	if _, err := os.Stat(folder); err != nil {
		t.Fatalf("make peers installs what is missing: %v", err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		for _, name := range []string{"GetSystemDateAndTime", "GetDeviceInformation", "GetNetworkInterfaces", "GetCapabilities", "GetProfiles", "GetStreamUri"} {
			if !strings.Contains(string(raw), "<"+name+" ") {
				continue
			}
			for _, prefix := range []string{"", "device."} {
				if text, err := os.ReadFile(filepath.Join(folder, prefix+name+".xml")); err == nil {
					_, _ = w.Write(text)
				}
			}
		}
	}))
	defer server.Close()
	d := onvif.New(quick)
	d.Use(device.Access{Addr: netip.MustParseAddrPort(server.Listener.Addr().String()), User: "admin", Password: secret.New("9999")})
	if who, err := d.Identify(t.Context()); err != nil || who != (device.Identity{MAC: "2857BE657DD5", Model: "Mockup Model", Firmware: "Mockup_15_14_13"}) {
		t.Errorf("%+v %v", who, err)
	}
	if at, err := d.Stream(t.Context()); err != nil || at != "rtsp://127.0.0.1/h264main" {
		t.Errorf("%s %v", at, err)
	}
}
