package webrelay

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vestibule/shared/domain"
)

// setting is the name of a line: "relay2.pulse" or "relay2.on".
var setting = regexp.MustCompile(`^relay[1-4]\.(pulse|on)$`)

// telling finds names of parameters that carry a login: that belongs into the fields for it, never into an address.
var telling = regexp.MustCompile(`(?i)pwd|pass|secret|token|auth|user|login|key`)

// maxPath bounds what is asked.
const maxPath = 256

// Shelly's second generation, where no line says otherwise.
const (
	shellyPulse = "/rpc/Switch.Set?id={index}&on=true&toggle_after={seconds}"
	shellyOn    = "/rpc/Switch.Set?id={index}&on=true"
)

// requests reads the lines of a device, and names those that are none of a relay or hold what must not be asked.
func requests(lines []domain.AutoPLine) (wants map[string]string, refused []string) {
	wants = map[string]string{}
	for _, line := range lines {
		switch {
		case line.Key == "": // a comment
		case !setting.MatchString(line.Key) || !askable(line.Value):
			refused = append(refused, line.Key)
		default:
			wants[line.Key] = line.Value
		}
	}
	return wants, refused
}

// askable tells whether a value is a path on the board itself, without a login in it.
func askable(path string) bool {
	if len(path) > maxPath || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, " \t\r\n\\#@") {
		return false
	}
	u, err := url.Parse(path)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return false
	}
	values, err := url.ParseQuery(u.RawQuery)
	for name := range values {
		if telling.MatchString(name) {
			return false
		}
	}
	return err == nil
}

// request gives the path to ask for a relay; false when nobody has said what, or it could not stay.
func request(wants map[string]string, relay int, hold time.Duration) (string, bool) {
	if wants == nil || relay < 1 || relay > domain.MaxRelays {
		return "", false
	}
	name, usual := "relay"+strconv.Itoa(relay)+".pulse", shellyPulse
	if hold == 0 {
		name, usual = "relay"+strconv.Itoa(relay)+".on", shellyOn
	}
	path, said := wants[name]
	if !said && anyOf(wants, relay) {
		return "", false // a board of another kind, which cannot do this
	}
	if !said {
		path = usual
	}
	seconds := strconv.FormatFloat(hold.Seconds(), 'f', -1, 64)
	return strings.NewReplacer("{relay}", strconv.Itoa(relay), "{index}", strconv.Itoa(relay-1), "{seconds}", seconds, "{ms}", strconv.FormatInt(hold.Milliseconds(), 10)).Replace(path), true
}

func anyOf(wants map[string]string, relay int) bool {
	_, pulse := wants["relay"+strconv.Itoa(relay)+".pulse"]
	_, on := wants["relay"+strconv.Itoa(relay)+".on"]
	return pulse || on
}
