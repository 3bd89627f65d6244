package autop

import (
	"embed"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"
	"unicode"

	"vestibule/agent/device"
	"vestibule/shared/capability"
	"vestibule/shared/domain"
)

//go:embed templates/*.cfg
var files embed.FS

// templates are the files of each driver, in the words of the maker.
var templates = template.Must(template.ParseFS(files, "templates/*.cfg"))

// relay is one relay of a device in a file. Own: the device moves it itself.
type relay struct {
	Number, Hold       int
	Letter, Name, DTMF string
	Methods            int
	Own                bool
}

// values is what templates may say. Secrets tells whether the file may carry what is secret.
type values struct {
	Secrets                                  bool
	Name, User, Password, Server, Port, DTMF string
	Transport                                domain.Connection
	APIUser, APIPassword, Ring               string
	Relays                                   []relay
	Lines                                    []string
	Callback                                 string // where actions are told; secret
	SyslogHost, SyslogPort                   string
	Files                                    Account // what it fetches its next file with
	GMT, City                                string  // the zone of the site; empty: not known
	Streams, Watched                         bool    // it has a camera, and people may watch it
}

// telling finds lines that are secret by their setting, or by a user in an address.
var telling = regexp.MustCompile(`(?i)pwd|pass|secret|key|pin|code|token|auth|user|://[^/]*@`)

// Render writes the file of a device. cred and own are used only with secrets.
func Render(w device.Wanted, cred domain.Credential, own Account, secrets bool) (string, error) {
	dev := w.Device
	v := values{
		Secrets: secrets, Name: plain(dev.Name), User: dev.SIPUser, Server: w.Registrar.Addr().String(), Port: strconv.Itoa(int(w.Port())),
		Transport: w.Connection(),
		DTMF:      string(dev.DTMF), Ring: strconv.Itoa(int(domain.LongestRing / time.Second)),
		Streams: dev.Type.HasRelays(), Watched: !dev.Form.NoMonitoring,
	}
	if clock, ok := w.Clock(time.Now()); ok {
		v.GMT, v.City = clock.GMT(), clock.City
	}
	if host, port, err := net.SplitHostPort(w.Callbacks.Syslog); err == nil {
		v.SyslogHost, v.SyslogPort = host, port
	}
	if secrets {
		v.Callback, v.Files = w.Callbacks.URL.Reveal(), own
		v.Password, v.APIUser, v.APIPassword = w.SIPPassword.Reveal(), plain(cred.APIUser), plain(cred.APIPassword.Reveal())
	}
	if dev.Type.HasRelays() {
		for _, r := range dev.Relays {
			v.Relays = append(v.Relays, relayOf(r, w.Withholds(capability.AccessMethods)))
		}
	}
	for _, line := range w.Lines {
		if secrets || !telling.MatchString(line.String()) {
			v.Lines = append(v.Lines, line.String())
		}
	}
	var out strings.Builder
	if err := templates.ExecuteTemplate(&out, string(dev.Driver)+".cfg", v); err != nil {
		return "", fmt.Errorf("provisioning file: %w", err)
	}
	return out.String(), nil
}

func relayOf(r domain.Relay, bare bool) relay {
	hold := time.Duration(r.HoldMilli) * time.Millisecond
	out := relay{Number: r.Number, Letter: string(rune('A' + r.Number - 1)), Name: plain(r.Name), Own: r.Enabled && r.Board.IsZero()}
	if !out.Own {
		return out
	}
	out.DTMF, out.Hold = r.DTMF, max(1, int((hold+time.Second-1)/time.Second))
	if r.Methods != 0 && !bare {
		out.Methods = int(r.Methods & domain.AllMethods)
	}
	return out
}

// plain keeps a value on its line.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}
