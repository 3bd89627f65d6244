package eventlog

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vestibule/shared/callrecord"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Call is a line of the call history: one ring. Names are those of its day. Its JSON is the API's.
type Call struct {
	ID           domain.CallID      `json:"id"`
	EventID      string             `json:"event_id" doc:"Its row of the log, with the proof."`
	OccurredAt   time.Time          `json:"occurred_at" doc:"When it ended."`
	ReceivedAt   time.Time          `json:"received_at"`
	CallerID     domain.DeviceID    `json:"device_id,omitzero" doc:"The door phone."`
	Caller       string             `json:"device_name"`
	ApartmentID  domain.ApartmentID `json:"apartment_id,omitzero"`
	Apartment    string             `json:"apartment_number"`
	Dialled      string             `json:"dialled"`
	AnsweredByID domain.DeviceID    `json:"answered_by_id,omitzero"`
	AnsweredBy   string             `json:"answered_by_name"`
	BlamedID     domain.DeviceID    `json:"blamed_id,omitzero" doc:"The device that the cause is about."`
	Blamed       string             `json:"blamed_name"`
	End          domain.EndReason   `json:"end"`
	Cause        domain.Cause       `json:"cause" doc:"Why it went as it did: one word of a closed list."`
	Technical    bool               `json:"technical" doc:"The cause is a device, a network or a setting, and no person."`
	LastsMS      int64              `json:"lasts_ms"`
	WAN          bool               `json:"wan" doc:"The link to the cloud was up."`
}

// CallLeg is one leg of a ring: the caller's line first.
type CallLeg struct {
	Kind       string           `json:"kind" enum:"caller,device,app,landline"`
	DeviceID   domain.DeviceID  `json:"device_id,omitzero"`
	Name       string           `json:"name"`
	Path       string           `json:"path,omitempty" doc:"ip, sip, remote, trunk or cloud."`
	Stage      int              `json:"stage,omitempty" doc:"The first is 1."`
	Address    string           `json:"address,omitempty"`
	Transport  string           `json:"transport,omitempty"`
	SignedIn   domain.SignedIn  `json:"signed_in,omitempty" enum:"live,none,refused" doc:"How the device stood with the agent."`
	Code       int              `json:"code,omitempty" doc:"The final SIP answer."`
	OtherGroup bool             `json:"other_group,omitempty"`
	Beside     bool             `json:"beside,omitempty" doc:"It was seen in the caller's own network."`
	Anew       bool             `json:"anew,omitempty" doc:"It registered anew during the call."`
	Blamed     bool             `json:"blamed,omitempty"`
	Marks      []domain.LegMark `json:"marks" nullable:"false"`
}

// CallRecord is the whole record of a ring (BEY-05).
type CallRecord struct {
	Call
	Anchored bool      `json:"anchored" doc:"The media passed through the agent."`
	Legs     []CallLeg `json:"legs" nullable:"false"`
}

// CallLine is a call as it is stored: with its place in the log and every device that it was about.
type CallLine struct {
	Call
	Site    domain.SiteID
	Agent   domain.AgentID
	Epoch   domain.EpochID
	Seq     uint64
	Devices []domain.DeviceID
	Words   []string // of the legs, for the search
}

// CallQuery asks for a part of the call history; zero fields do not narrow it. Sort is one of the orders of the list, empty: by time.
type CallQuery struct {
	Query     string
	Sort      string
	Desc      bool
	Limit     int
	Offset    int
	After     string
	Causes    []domain.Cause
	Ends      []domain.EndReason
	Device    domain.DeviceID
	Apartment domain.ApartmentID
	From, To  time.Time
}

// CallList is a part of the call history; Total counts all parts, or as many as are counted when there are More; Next is the cursor of the one that
// follows.
type CallList struct {
	Items []Call
	Next  string
	Total int
	More  bool
}

// Calls gives a part of the call history of a site.
func (s *Service) Calls(ctx context.Context, site domain.SiteID, q CallQuery) (CallList, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return CallList{}, err
	}
	return s.Store.Calls(ctx, site, q)
}

// Call gives the record of one ring.
func (s *Service) Call(ctx context.Context, site domain.SiteID, id domain.CallID) (CallRecord, error) {
	line, row, err := s.Store.Call(ctx, site, id)
	if err != nil {
		return CallRecord{}, err
	}
	body, err := decode(row.Row.Kind, row.Row.Body)
	b, ok := body.(domain.CallBody)
	if err != nil || !ok || len(row.Row.Body) == 0 {
		return CallRecord{}, fault.New(fault.NotFound, "The record of this call is erased.")
	}
	return CallRecord{Call: line, Anchored: b.Anchored, Legs: callLegs(b, row.names())}, nil
}

func callLegs(b domain.CallBody, n Names) []CallLeg {
	_, blame := callrecord.Of(b)
	out := make([]CallLeg, len(b.Legs))
	for i, l := range b.Legs {
		kind := string(l.Kind)
		if kind == "" {
			kind = string(domain.LegDevice)
		}
		device := l.DeviceID
		if i == 0 && (l.DeviceID.IsZero() || l.DeviceID == b.CallerID) {
			kind, device = "caller", b.CallerID
		}
		net := l.Net
		out[i] = CallLeg{
			Kind: kind, DeviceID: device, Name: legName(l, device, n), Path: l.Path, Stage: l.Stage, Address: net.Address, Transport: net.Transport,
			SignedIn: net.SignedIn, Code: net.Code, OtherGroup: net.OtherGroup, Beside: net.Beside, Anew: net.Anew, Blamed: blame == i+1,
			Marks: append([]domain.LegMark{}, l.Marks...),
		}
	}
	return out
}

// legName is what a leg is called: by the document of its day, else by the agent.
func legName(l domain.LegBody, device domain.DeviceID, n Names) string {
	if name := n.Devices[device]; name != "" {
		return name
	}
	return l.Name
}

// callLine makes the line of a row of the log; false for a row that is no call.
func callLine(r Stored, body any, n Names) (CallLine, bool) {
	b, ok := body.(domain.CallBody)
	if !ok || b.CallID.IsZero() {
		return CallLine{}, false
	}
	e := r.show()
	cause, _ := callrecord.Of(b)
	out := CallLine{Site: r.Site, Agent: r.Agent, Epoch: r.Epoch, Seq: r.Row.Seq, Call: Call{
		ID: b.CallID, EventID: e.ID, OccurredAt: e.OccurredAt, ReceivedAt: e.ReceivedAt, CallerID: b.CallerID, Caller: n.Devices[b.CallerID],
		ApartmentID: b.ApartmentID, Apartment: n.Apartments[b.ApartmentID], Dialled: b.Dialled, AnsweredByID: b.AnsweredBy, AnsweredBy: n.Devices[b.AnsweredBy],
		End: b.End, Cause: cause, Technical: cause.Technical(), LastsMS: b.LastsMilli, WAN: b.WAN,
	}}
	for i, leg := range callLegs(b, n) {
		if leg.Blamed {
			out.BlamedID, out.Blamed = leg.DeviceID, leg.Name
		}
		if i == 0 && out.Caller == "" {
			out.Caller = leg.Name
		}
		if _, answered := b.Legs[i].Has("answered"); answered && i > 0 && out.AnsweredBy == "" {
			out.AnsweredBy = leg.Name // an app or a landline
		}
		out.Devices, out.Words = append(out.Devices, leg.DeviceID), append(out.Words, leg.Name)
	}
	out.Devices = append(out.Devices, b.CallerID, b.AnsweredBy)
	slices.SortFunc(out.Devices, func(a, b domain.DeviceID) int { return slices.Compare(a[:], b[:]) })
	out.Devices = slices.DeleteFunc(slices.Compact(out.Devices), domain.DeviceID.IsZero)
	return out, true
}

// history adds the calls among new rows to the call history.
func (s *Service) history(ctx context.Context, rows []Stored, bodies []any, names Names) error {
	var lines []CallLine
	for i, r := range rows {
		if r.Row.Kind != domain.EventCall {
			continue
		}
		if line, ok := callLine(r, bodies[i], names); ok {
			lines = append(lines, line)
		}
	}
	if err := s.Store.InsertCalls(ctx, lines); err != nil {
		return fmt.Errorf("add to the call history: %w", err)
	}
	return nil
}
