package desiredstate

import (
	"context"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Saved is the receipt of an edit that no agent holds yet; the other states are the agent's (wire.ReceiptState).
const Saved wire.ReceiptState = "saved"

// Receipt is what is known of one device: where the last edit stands and whether the device answers. Its JSON is the API's
// device status.
type Receipt struct {
	Device   domain.DeviceID `json:"device_id"`
	Agent    domain.AgentID  `json:"agent_id"`
	Online   bool            `json:"online"`
	Since    time.Time       `json:"since"`
	SeenAt   time.Time       `json:"seen_at"`
	ToldAt   time.Time       `json:"told_at"` // when it last said something by itself; zero: never
	Address  string          `json:"address,omitempty"`
	Model    string          `json:"model,omitempty"`
	Firmware string          `json:"firmware,omitempty"`
	SIP      bool            `json:"sip"`
	Standing Standing        `json:"receipt"`
	// After is how long ago the version was made that the device has now and had not before; 0 when nothing new was applied.
	After time.Duration `json:"-"`
}

// Standing tells how far the document got on a device: State is true of Version, Wanted is the head.
type Standing struct {
	State   wire.ReceiptState `json:"state"`
	Version uint64            `json:"version"`
	Wanted  uint64            `json:"wanted_version"`
	Reason  domain.Reason     `json:"reason,omitempty"`
	// Withheld names the features of shared/capability that were asked for and not written, because the device's firmware does not reach them.
	Withheld []string `json:"withheld,omitempty"`
}

// TrunkTold says which agent told something new of the trunk of its site.
type TrunkTold struct {
	Agent domain.AgentID `json:"agent_id"`
}

// ReachTold says which agent hears others than before on its networks.
type ReachTold struct {
	Agent domain.AgentID `json:"agent_id"`
}

// against judges a stored report by the head: what is true of an older version is not true of this one.
func (r Receipt) against(head, held uint64) Receipt {
	r.Standing.Wanted = head
	if r.Standing.Version < head && r.Standing.State != wire.ReceiptManual {
		r.Standing.Reason = domain.ReasonNone
		r.Standing.State = Saved
		if held >= head {
			r.Standing.State = wire.ReceiptHeld
		}
	}
	return r
}

// Head gives the version of a site's document that the caller of ctx may see.
func (s *Service) Head(ctx context.Context, site domain.SiteID) (uint64, error) {
	if err := s.Store.SeeSite(ctx, site); err != nil {
		return 0, err
	}
	head, err := s.Store.ReadHead(ctx, site)
	return head.Version, err
}

// Receipts gives the standing of devices, of all without any, that an agent has reported on; the others are Saved.
func (s *Service) Receipts(ctx context.Context, site domain.SiteID, devices ...domain.DeviceID) (map[domain.DeviceID]Receipt, error) {
	head, err := s.Head(ctx, site)
	if err != nil {
		return nil, err
	}
	rows, err := s.Store.Reports(ctx, site, devices...)
	if err != nil {
		return nil, err
	}
	held, err := s.Store.HeldBy(ctx, site)
	if err != nil {
		return nil, err
	}
	out := make(map[domain.DeviceID]Receipt, len(rows))
	for _, r := range rows {
		out[r.Device] = r.against(head, held[r.Agent])
	}
	return out, nil
}
