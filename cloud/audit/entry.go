package audit

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"vestibule/shared/domain"
)

// Action is what was done.
type Action string

// Actions.
const (
	Created   Action = "created"
	Changed   Action = "changed"
	Deleted   Action = "deleted"
	Shown     Action = "shown"      // a secret was shown to the actor
	SignedIn  Action = "signed_in"  // a session began
	SignedOut Action = "signed_out" // a session, or all of them, ended
	Refused   Action = "refused"    // a right or a gate stood in the way of an act that matters
	Locked    Action = "locked"     // too many wrong tries
	Sent      Action = "sent"       // a link or a code was mailed
	Agreed    Action = "agreed"
	Declined  Action = "declined"
	Granted   Action = "granted" // leave to enter
	Ended     Action = "ended"   // leave to enter
	Entered   Action = "entered"
	Left      Action = "left"
	Opened    Action = "opened" // a door, or a device's pages, from afar
	Rebooted  Action = "rebooted"
	Reset     Action = "reset"
)

// ResetHome begins the reason of the entry that tells of a home given to the next tenant: what its events told is erased.
const ResetHome = "reset for the next tenant"

// Entry says who did what. Site or Org (or both) say whose business it is. Before and After are JSON without secrets; a new object has no
// Before, a deleted one no After.
type Entry struct {
	ID         domain.AuditID
	Site       domain.SiteID // zero: about an organisation
	Org        domain.OrgID  // zero: about a site alone
	Account    domain.AccountID
	Actor      string // the acting person's own name, or the service's work; never empty
	ActorOrg   domain.OrgID
	Behalf     string // the organisation entered with leave, when there was one: the second name
	Grant      domain.GrantID
	Token      domain.TokenID
	From       netip.Addr
	Action     Action
	Object     string // noun: site, building, …, account, organisation, grant, token, webhook, policy
	ObjectID   [16]byte
	ObjectName string // what people call it, so that the entry reads after the object is gone
	Reason     string
	Before     json.RawMessage
	After      json.RawMessage
	At         time.Time
}

// Recorder keeps entries. Record joins the transaction of ctx, so an act and its entry stand or fall together.
type Recorder interface {
	Record(ctx context.Context, e Entry) error
}

// Snapshot writes an object for Before or After; nil is absent.
func Snapshot(object any) (json.RawMessage, error) {
	if object == nil {
		return nil, nil
	}
	return json.Marshal(object)
}
