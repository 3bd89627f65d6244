package mail

import (
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Kind names a letter; there is one template of each in every language.
type Kind string

// Kinds of letters, with the values each takes beside name and service. A page is a path of the portal that only its reader may open.
const (
	Activation   Kind = "activation"    // link; organisation: who made the account
	Reset        Kind = "reset"         // link
	ConfirmEmail Kind = "confirm_email" // link
	FactorCode   Kind = "factor_code"   // code
	LockedOut    Kind = "locked_out"    // address: where the wrong tries came from; wait: minutes
	Changed      Kind = "changed"       // what: password, email, factor, passkey, token — somebody changed how the account signs in
	Entered      Kind = "entered"       // actor, organisation, until, writes (true, false): the distributor is inside with consent
	BrokeGlass   Kind = "broke_glass"   // actor, reason, until, writes (true, false): the operator is inside in an emergency
	Feedback     Kind = "feedback"      // from, text: what an end user wrote to customer service (ACC-16)
	AppPassword  Kind = "app_password"  // link; site: a manager may use the App (PM-09)
	Announcement Kind = "announcement"  // title, text: a notice of the platform (ACC-06)
	Expiring     Kind = "expiring"      // site, day, text: homes of which a service ends on that day, one a line (SITE-18)
	Disconnected Kind = "disconnected"  // site, text: devices that do not answer, one a line (SITE-34)
	SheetApplied Kind = "sheet_applied" // file (empty: a bulk edit), site, added, changed; page: work that somebody wanted to hear of is done
	SheetUndone  Kind = "sheet_undone"  // file, site; page
	SheetStopped Kind = "sheet_stopped" // file, site; page: the work ended, and nothing was changed
	Try          Kind = "try"           // nothing: shows that mail leaves
)

// Kinds lists every kind once.
func Kinds() []Kind {
	return []Kind{
		Activation, Reset, ConfirmEmail, FactorCode, LockedOut, Changed, Entered, BrokeGlass, Feedback, AppPassword, Announcement, Expiring, Disconnected,
		SheetApplied, SheetUndone, SheetStopped, Try,
	}
}

// Languages are the twelve languages of mails as BCP 47 tags (PEOPLE-03); the first is used when another is asked for.
func Languages() []string {
	return []string{"en", "zh-Hans", "ko", "ja", "tr", "pl", "ru", "es", "bs", "da", "vi", "fr"}
}

// Letter is one mail to one person.
type Letter struct {
	Kind     Kind
	To       string           // address
	Language string           // one of Languages; anything else is English
	Account  domain.AccountID // whom it is about; may be zero
	Org      domain.OrgID     // whose affair it is; may be zero
	Values   map[string]string
	Link     secret.String // the single-use link or the code; stands in Values of no letter
	Expires  time.Time     // not sent after that; zero: 48 hours
}
