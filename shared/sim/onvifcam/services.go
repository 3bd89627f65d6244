package onvifcam

import (
	"crypto/sha1" //nolint:gosec // the token of the standard
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// window is how far a token's time may be from the camera's.
const window = 5 * time.Second

// proves judges a token: the right password, the camera's own time, and not used before.
func (c *Camera) proves(t token) bool {
	nonce, err := base64.StdEncoding.DecodeString(strings.TrimSpace(t.Nonce))
	at, bad := time.Parse(time.RFC3339, strings.TrimSpace(t.Created))
	if err != nil || bad != nil || len(nonce) == 0 || t.Username != c.o.User {
		return false
	}
	if off := at.Sub(c.now()); off > window || off < -window {
		return false
	}
	sum := sha1.Sum([]byte(string(nonce) + strings.TrimSpace(t.Created) + c.o.Password)) //nolint:gosec // see the import
	want := base64.StdEncoding.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(want), []byte(strings.TrimSpace(t.Password))) != 1 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	used := c.seen[t.Nonce]
	c.seen[t.Nonce] = true
	return !used
}

func (c *Camera) now() time.Time { return time.Now().Add(c.o.Skew) }

// answers gives the body of an operation's answer; false: the camera does not have it.
func (c *Camera) answers(req request, host string, q Quirks) (string, bool) {
	switch req.operation {
	case "GetSystemDateAndTime":
		return date(c.now().UTC()), true
	case "GetDeviceInformation":
		return fmt.Sprintf(`<tds:GetDeviceInformationResponse><tds:Manufacturer>Simulated</tds:Manufacturer><tds:Model>%s</tds:Model><tds:FirmwareVersion>%s</tds:FirmwareVersion><tds:SerialNumber>%s</tds:SerialNumber><tds:HardwareId>1.0</tds:HardwareId></tds:GetDeviceInformationResponse>`,
			c.o.Model, c.o.Firmware, c.o.MAC), true
	case "GetNetworkInterfaces":
		return c.cards(q), true
	case "GetScopes":
		return "<tds:GetScopesResponse>" + strings.Join(c.scopes("<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>%s</tt:ScopeItem></tds:Scopes>"), "") + "</tds:GetScopesResponse>", true
	case "GetServices":
		return fmt.Sprintf(`<tds:GetServicesResponse>%s%s</tds:GetServicesResponse>`,
			service("http://www.onvif.org/ver10/device/wsdl", host, "device_service"), service("http://www.onvif.org/ver10/media/wsdl", host, "media")), true
	case "GetCapabilities":
		return fmt.Sprintf(`<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>http://%[1]s/onvif/device_service</tt:XAddr></tt:Device><tt:Media><tt:XAddr>http://%[1]s/onvif/media</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`, host), true
	}
	return c.media(req, host)
}

// media answers the media service.
func (c *Camera) media(req request, host string) (string, bool) {
	switch req.operation {
	case "GetVideoSources":
		return `<trt:GetVideoSourcesResponse><trt:VideoSources token="source"><tt:Framerate>25</tt:Framerate><tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution></trt:VideoSources></trt:GetVideoSourcesResponse>`, true
	case "GetProfiles":
		return `<trt:GetProfilesResponse><trt:Profiles token="` + profile + `" fixed="true"><tt:Name>Main</tt:Name>` +
			`<tt:VideoSourceConfiguration token="vsc"><tt:Name>vsc</tt:Name><tt:UseCount>1</tt:UseCount><tt:SourceToken>source</tt:SourceToken><tt:Bounds x="0" y="0" width="1280" height="720"/></tt:VideoSourceConfiguration>` +
			`<tt:VideoEncoderConfiguration token="vec"><tt:Name>vec</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality></tt:VideoEncoderConfiguration>` +
			`</trt:Profiles></trt:GetProfilesResponse>`, true
	case "GetStreamUri":
		bare, _, _ := strings.Cut(host, ":")
		return uri(req, "GetStreamUri", "rtsp://"+bare+":554/live/main")
	case "GetSnapshotUri":
		return uri(req, "GetSnapshotUri", "http://"+host+"/picture.jpg?profile="+profile)
	}
	return "", false
}

func uri(req request, operation, at string) (string, bool) {
	if strings.TrimSpace(req.profile) != profile {
		return "", false
	}
	return fmt.Sprintf(`<trt:%[1]sResponse><trt:MediaUri><tt:Uri>%[2]s</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:%[1]sResponse>`, operation, at), true
}

func service(name, host, path string) string {
	return fmt.Sprintf(`<tds:Service><tds:Namespace>%s</tds:Namespace><tds:XAddr>http://%s/onvif/%s</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>`, name, host, path)
}

// cards lists a card that is off before the one that is used.
func (c *Camera) cards(q Quirks) string {
	const card = `<tds:NetworkInterfaces token="%[1]s"><tt:Enabled>%[2]t</tt:Enabled><tt:Info><tt:Name>%[1]s</tt:Name><tt:HwAddress>%[3]s</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info></tds:NetworkInterfaces>`
	text := fmt.Sprintf(card, "wlan0", false, "02:00:00:00:00:01")
	mac := colons(c.o.MAC)
	if q.NoMAC {
		mac = "unknown"
	}
	text += fmt.Sprintf(card, "eth0", true, mac)
	return "<tds:GetNetworkInterfacesResponse>" + text + "</tds:GetNetworkInterfacesResponse>"
}

func colons(mac string) string {
	var parts []string
	for len(mac) > 2 {
		parts, mac = append(parts, mac[:2]), mac[2:]
	}
	return strings.ToLower(strings.Join(append(parts, mac), ":"))
}

// scopes are what the camera says of itself in discovery, each in a form.
func (c *Camera) scopes(form string) []string {
	var out []string
	for _, s := range []string{"type/video_encoder", "Profile/Streaming", "hardware/" + c.o.Model, "name/Simulated%20" + c.o.Model, "location/"} {
		out = append(out, fmt.Sprintf(form, "onvif://www.onvif.org/"+s))
	}
	return out
}

func date(at time.Time) string {
	return fmt.Sprintf(`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone>`+
		`<tt:UTCDateTime><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time><tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tt:UTCDateTime>`+
		`</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`, at.Hour(), at.Minute(), at.Second(), at.Year(), int(at.Month()), at.Day())
}
