package autop_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"vestibule/agent/autop"
	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/device/devicetest"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/webapi"
)

// What a file says and what the driver wants of the same device agree: after the file, only the directory is left to write.
//
// shows EDGE-21/R50 by agent/autop/templates/akuvox.cfg: "Config.DoorSetting.DTMF.Code{{.Number}} = {{.DTMF}}"
// shows EDGE-21/R50 by agent/autop/templates/akuvox.cfg: "Config.Features.ACTIONURL.ValidCodeEntered = {{.Callback}}ValidCodeEntered?user=$userid"
// shows DEV-09 by agent/autop/templates/akuvox.cfg: "Config.DoorSetting.RTSP.Enable = {{if .Watched}}1{{else}}0{{end}}"
// shows EDGE-21/R50 by agent/autop/templates/akuvox.cfg: "Config.Settings.LOGLEVEL.RemoteServer = {{.SyslogHost}}"
func TestRender_AgreesWithTheDriver(t *testing.T) {
	for connection, secure := range map[domain.Connection]uint16{domain.ConnectionUDP: 0, domain.ConnectionTCP: 0, domain.ConnectionTLS: 5061} {
		t.Run(string(connection), func(t *testing.T) { agrees(t, connection, secure) })
	}
	t.Run("tls at an agent without it", func(t *testing.T) { agrees(t, domain.ConnectionTLS, 0) })
}

func agrees(t *testing.T, connection domain.Connection, secure uint16) {
	t.Helper()
	want := devicetest.Wanted()
	want.Device.Form.Connection, want.Secure, want.Device.Form.NoMonitoring = connection, secure, secure != 0
	want.Device.Driver, want.SIPPassword = domain.DriverAkuvox, secret.New("pa55word")
	want.Callbacks = device.Callbacks{URL: secret.New("http://192.168.1.2:8083/c/secret/"), Syslog: "192.168.1.2:5514"}
	want.Lines = []domain.AutoPLine{{Key: "Config.Settings.SNTP.Interval", Value: "600"}}
	file, err := autop.Render(want, domain.Credential{}, autop.Account{}, true)
	if err != nil {
		t.Fatal(err)
	}
	settings := webapi.NewSettings(true, nil)
	settings.ChooseMethods(true)
	values := map[string]string{}
	for line := range strings.Lines(file) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	settings.Set(values)
	server, err := webapi.Listen(webapi.Options{
		Addr: netip.MustParseAddrPort("127.0.0.1:0"), User: "api", Password: "secret", Settings: settings, Contacts: &webapi.Contacts{}, Bank: relaybank.New(2),
		Identity: webapi.Identity{Model: "R29", MAC: "0C1105000001", Firmware: "29.30.10.205", Hardware: "29.0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	driver := akuvox.New(web.Options{Gap: -1})
	driver.Use(device.Access{Addr: server.Addr(), User: "api", Password: secret.New("secret")})
	is, err := driver.ReadBack(t.Context(), want)
	if err != nil || fmt.Sprint(is.Differing) != "[contacts]" || is.Factory {
		t.Errorf("after the file: %+v, %v", is, err)
	}
}

// A SIP phone that takes Yealink's words is told its account, and nothing secret without a window.
//
// shows EDGE-21/R50 by agent/autop/templates/sip.cfg: "account.1.sip_server.1.port = {{.Port}}"
func TestRender_ASIPPhone(t *testing.T) {
	want := devicetest.Wanted()
	want.Device.Driver, want.SIPPassword = domain.DriverSIP, secret.New("pa55word")
	for connection, kind := range map[domain.Connection]string{domain.ConnectionUDP: "0", domain.ConnectionTCP: "1", domain.ConnectionTLS: "2"} {
		want.Device.Form.Connection, want.Secure = connection, 5061
		for _, secrets := range []bool{true, false} {
			file, err := autop.Render(want, domain.Credential{}, autop.Account{}, secrets)
			if err != nil {
				t.Fatal(err)
			}
			port := map[string]string{"2": "5061"}[kind]
			if port == "" {
				port = "5060"
			}
			for _, line := range []string{
				"account.1.user_name = 4711000001", "account.1.sip_server.1.address = 192.168.1.2", "account.1.sip_server.1.port = " + port,
				"account.1.sip_server.1.transport_type = " + kind, "account.1.dtmf.type = 2", "account.1.auto_answer = 0",
			} {
				if !strings.Contains(file, line+"\n") {
					t.Errorf("%s: no line %q in\n%s", connection, line, file)
				}
			}
			if strings.Contains(file, "pa55word") != secrets || !strings.HasPrefix(file, "#!version:1.0.0.1\n") {
				t.Errorf("secrets %v:\n%s", secrets, file)
			}
		}
	}
}
