package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/template"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// LibraryMAC is a MAC of an installer's library.
type LibraryMAC struct {
	MAC     string     `json:"mac"`
	Origin  string     `json:"origin" enum:"distributor,installer,device" doc:"Who registered it; device: by the adding of one, with which it goes."`
	AddedAt time.Time  `json:"added_at"`
	Org     Named      `json:"org" doc:"Whose it is."`
	Bound   bool       `json:"bound" doc:"A device has it."`
	Device  *MACDevice `json:"device,omitempty" doc:"The bound device, for those who may see its site."`
}

// MACDevice is the device that has a MAC.
type MACDevice struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Site Named  `json:"site"`
}

// MACsInput are MACs on their way into a library.
type MACsInput struct {
	MACs  []string `json:"macs" nullable:"false" maxItems:"5000" doc:"12 hexadecimal digits each; colons, dashes and dots are taken too."`
	OrgID string   `json:"org_id,omitempty" doc:"The installer; by default the organisation one works in."`
}

// MACOutcome says what became of one MAC.
type MACOutcome struct {
	MAC     string `json:"mac"`
	Outcome string `json:"outcome" enum:"added,duplicate,refused" doc:"Added; in this library already; another owner has registered it."`
}

// MACOutcomes is the answer to a list, line by line.
type MACOutcomes struct {
	Items     []MACOutcome `json:"items" nullable:"false"`
	Added     int          `json:"added"`
	Duplicate int          `json:"duplicate"`
	Refused   int          `json:"refused"`
}

func showMAC(m fleet.LibraryMAC) LibraryMAC {
	out := LibraryMAC{MAC: string(m.MAC), Origin: string(m.Origin), AddedAt: m.AddedAt, Org: Named{ID: text(m.Org), Name: m.OrgName}, Bound: m.Bound}
	if !m.Device.IsZero() {
		out.Device = &MACDevice{ID: text(m.Device), Name: m.DeviceName, Site: Named{ID: text(m.Site), Name: m.SiteName}}
	}
	return out
}

func showOutcomes(lines []fleet.RegisteredMAC, err error) (*Body[MACOutcomes], error) {
	if err != nil {
		return nil, err
	}
	out := MACOutcomes{Items: make([]MACOutcome, len(lines))}
	for i, line := range lines {
		out.Items[i] = MACOutcome{MAC: string(line.MAC), Outcome: string(line.Outcome)}
		switch line.Outcome {
		case fleet.MACAdded:
			out.Added++
		case fleet.MACDuplicate:
			out.Duplicate++
		case fleet.MACRefused:
			out.Refused++
		}
	}
	return &Body[MACOutcomes]{out}, nil
}

// readMACs reads a book, or a list or table of text.
func readMACs(raw []byte) ([]fleet.MACText, error) {
	if bytes.HasPrefix(raw, []byte("PK\x03\x04")) {
		return template.ReadMACs(raw)
	}
	return fleet.ReadMACFile(raw)
}

func (a *API) macs() {
	route(a, http.MethodGet, "/macs", "list-macs", "The MAC library", func(ctx context.Context, in *struct {
		PageQuery
		Org   string `query:"org" doc:"One installer; a distributor sees all of its installers without."`
		Bound string `query:"bound" enum:"yes,no" doc:"Whether a device has it."`
	},
	) (*Body[Page[LibraryMAC]], error) {
		page := in.page()
		page.Only = map[string]string{"org": in.Org, "bound": in.Bound}
		list, err := a.Fleet.MACs(ctx, page)
		return pageOf(list, showMAC), err
	}, needs(account.MACsRead), tag("macs"))
	route(a, http.MethodPost, "/macs", "register-macs", "Register MACs", func(ctx context.Context, in *struct{ Body MACsInput }) (*Body[MACOutcomes], error) {
		var f ids
		org := bodyID[domain.OrgID](&f, "org_id", in.Body.OrgID)
		if err := f.Err(); err != nil {
			return nil, err
		}
		return showOutcomes(a.Fleet.RegisterMACs(ctx, org, fleet.MACTexts(in.Body.MACs, "macs")))
	}, needs(account.MACsWrite), tag("macs"))
	route(a, http.MethodPost, "/macs/file", "register-mac-file", "Register the MACs of a file: one per line, or the column MAC of a CSV table or an XLSX book", func(ctx context.Context, in *struct {
		Org     string `query:"org" doc:"The installer; by default the organisation one works in."`
		RawBody []byte `contentType:"text/csv"`
	},
	) (*Body[MACOutcomes], error) {
		var f ids
		org := bodyID[domain.OrgID](&f, "org", in.Org)
		if err := f.Err(); err != nil {
			return nil, err
		}
		texts, err := readMACs(in.RawBody)
		if err != nil {
			return nil, err
		}
		return showOutcomes(a.Fleet.RegisterMACs(ctx, org, texts))
	}, needs(account.MACsWrite), tag("macs"))
	route(a, http.MethodPost, "/macs/remove", "remove-macs", "Take MACs out again, such as those that a file added: all of them or none", func(ctx context.Context, in *struct {
		Body struct {
			MACs []string `json:"macs" nullable:"false" maxItems:"5000"`
		}
	},
	) (*None, error) {
		return nil, a.Fleet.RemoveMACs(ctx, fleet.MACTexts(in.Body.MACs, "macs"))
	}, status(http.StatusNoContent), needs(account.MACsWrite), tag("macs"))
	route(a, http.MethodDelete, "/macs/{mac}", "remove-mac", "Take a MAC that no device has out of the library", func(ctx context.Context, in *struct {
		MAC string `path:"mac"`
	},
	) (*None, error) {
		mac, err := domain.ParseMAC(in.MAC)
		if err != nil {
			return nil, fault.New(fault.NotFound, "This MAC does not exist.")
		}
		return nil, a.Fleet.RemoveMAC(ctx, mac)
	}, status(http.StatusNoContent), needs(account.MACsWrite), tag("macs"))
}
