package lanapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"vestibule/shared/callrecord"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

//go:embed page.html
var pageText string

//go:embed page.css
var styleText string

// styleHash lets browsers take this style and no other.
var styleHash = func() string {
	sum := sha256.Sum256([]byte(styleText))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}()

var pages = template.Must(template.New("page").Parse(pageText))

// frame is what every page shows.
type frame struct {
	Style       template.CSS
	Message     string
	PIN         string
	Fingerprint string
	Version     string
	Status      *statusPage
}

// statusPage is the page behind the PIN, and GET /status in JSON.
type statusPage struct {
	Site       string          `json:"site"`
	Agent      string          `json:"agent"`
	Version    uint64          `json:"config_version"`
	Now        string          `json:"now"`
	Notice     string          `json:"-"`
	Link       linkLine        `json:"link"`
	Devices    []deviceLine    `json:"devices"`
	Relays     []relayLine     `json:"relays"`
	Calls      []callLine      `json:"calls"`
	Conditions []conditionLine `json:"conditions"`
}

type linkLine struct {
	Up    bool   `json:"up"`
	Cloud string `json:"cloud"`
	Since string `json:"since"`
	Word  string `json:"reason,omitempty"`
}

type deviceLine struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	MAC      string `json:"mac"`
	Online   bool   `json:"online"`
	SIP      bool   `json:"sip"`
	Address  string `json:"address,omitempty"`
	Model    string `json:"model,omitempty"`
	Firmware string `json:"firmware,omitempty"`
	Receipt  string `json:"receipt"`
	Current  bool   `json:"applied"` // holds the newest version
	Reason   string `json:"reason,omitempty"`
}

type relayLine struct {
	DeviceID string `json:"device_id"`
	Device   string `json:"device"`
	Number   int    `json:"relay"`
	Name     string `json:"name"`
	Board    string `json:"board,omitempty"`
}

type callLine struct {
	At      string `json:"at"`
	Caller  string `json:"caller"`
	Dialled string `json:"dialled"`
	End     string `json:"end"`
	By      string `json:"answered_by,omitempty"`
}

type conditionLine struct {
	Code    string `json:"code"`
	Serious bool   `json:"serious"`
	Text    string `json:"text"`
	About   string `json:"about,omitempty"`
	Detail  string `json:"detail,omitempty"`
	Since   string `json:"since"`
}

func (p *Page) form(message string) frame {
	return frame{Style: template.CSS(styleText), Message: message, Fingerprint: inGroups(p.fingerprint), Version: p.cfg.Version} //nolint:gosec // our own file
}

// inGroups makes a fingerprint readable.
func inGroups(hex string) string {
	var parts []string
	for c := range slices.Chunk([]byte(strings.ToUpper(hex)), 4) {
		parts = append(parts, string(c))
	}
	return strings.Join(parts, " ")
}

// show renders a page whole before the first byte leaves.
func (p *Page) show(w http.ResponseWriter, status int, name string, f frame) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, f); err != nil {
		p.cfg.Logger.Error("page", logkey.Err, err)
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func (p *Page) status(w http.ResponseWriter, r *http.Request) {
	f := p.form("")
	s, ok := p.gather(r)
	if !ok {
		p.show(w, http.StatusServiceUnavailable, "starting", f)
		return
	}
	s.Notice = p.sessions.notice(r, p.cfg.Clock.Now())
	f.Status = s
	p.show(w, http.StatusOK, "status", f)
}

func (p *Page) statusJSON(w http.ResponseWriter, r *http.Request) {
	s, ok := p.gather(r)
	if !ok {
		http.Error(w, "The agent is starting.", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s)
}

// shownCalls is how many calls the page lists.
const shownCalls = 20

// gather reads everything the page shows.
func (p *Page) gather(r *http.Request) (*statusPage, bool) {
	k, ok := p.cfg.Knowledge()
	if !ok {
		return nil, false
	}
	view := k.View()
	zone, err := time.LoadLocation(view.Site.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format("2006-01-02 15:04:05")
	}
	link := k.Link()
	s := &statusPage{
		Site: view.Site.Name, Agent: k.Agent.String(), Version: view.Version, Now: at(p.cfg.Clock.Now()),
		Link:    linkLine{Up: link.Up, Cloud: link.Cloud, Since: at(link.Since), Word: words(link.Word)},
		Devices: devices(view, k.Agent, k.Devices()), Relays: relays(view, k.Agent), Calls: []callLine{}, Conditions: []conditionLine{},
	}
	calls, err := k.Calls(r.Context())
	if err != nil {
		p.cfg.Logger.LogAttrs(r.Context(), slog.LevelError, "calls not read", slog.Any(logkey.Err, err))
	}
	for _, c := range calls[:min(len(calls), shownCalls)] {
		s.Calls = append(s.Calls, callLine{
			At: at(c.At), Caller: view.Devices[c.Body.CallerID].Name, Dialled: c.Body.Dialled, End: endOf(c.Body), By: view.Devices[c.Body.AnsweredBy].Name,
		})
	}
	for _, c := range p.cfg.Conditions.List() {
		about := view.Devices[c.About.Device].Name
		if !c.About.Board.IsZero() {
			about = view.Boards[c.About.Board].Name
		}
		s.Conditions = append(s.Conditions, conditionLine{Code: string(c.Code), Serious: c.Severity == "serious", Text: c.Text, About: about, Detail: c.Detail, Since: at(c.Since)})
	}
	return s, true
}

// kinds says device types in words.
var kinds = map[domain.DeviceType]string{
	domain.DoorPhone: "Door phone", domain.SingleDoorPhone: "Door phone of one home", domain.Monitor: "Monitor", domain.GuardPhone: "Guard phone", domain.AccessTerminal: "Access terminal",
}

// devices lists the devices this agent acts for, by name.
func devices(view *desired.View, agent domain.AgentID, reports []wire.DeviceReport) []deviceLine {
	byID := map[domain.DeviceID]wire.DeviceReport{}
	for _, r := range reports {
		byID[r.DeviceID] = r
	}
	out := []deviceLine{}
	for id, d := range view.Devices {
		if !view.Serves(agent, d) {
			continue
		}
		r := byID[id]
		out = append(out, deviceLine{
			ID: id.String(), Name: d.Name, Kind: kinds[d.Type], MAC: d.MAC.Colons(), Online: r.Online, SIP: r.SIP, Address: r.Address, Model: r.Model,
			Firmware: r.Firmware, Receipt: string(r.State), Current: r.State == wire.ReceiptApplied && r.Version == view.Version, Reason: words(string(r.Reason)),
		})
	}
	slices.SortFunc(out, func(a, b deviceLine) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return out
}

// relays lists what can be tested, by device and number.
func relays(view *desired.View, agent domain.AgentID) []relayLine {
	out := []relayLine{}
	for id, d := range view.Devices {
		if !view.Serves(agent, d) {
			continue
		}
		for _, r := range d.Doors() {
			if r.Enabled {
				out = append(out, relayLine{DeviceID: id.String(), Device: d.Name, Number: r.Number, Name: r.Name, Board: view.Boards[r.Board].Name})
			}
		}
	}
	slices.SortFunc(out, func(a, b relayLine) int {
		if c := strings.Compare(a.Device+a.DeviceID, b.Device+b.DeviceID); c != 0 {
			return c
		}
		return a.Number - b.Number
	})
	return out
}

// endOf says in a few words how a call went.
func endOf(b domain.CallBody) string {
	cause, _ := callrecord.Of(b)
	return callrecord.Say(cause)
}
