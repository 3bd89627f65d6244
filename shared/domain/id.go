package domain

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"

	"vestibule/shared/fault"
)

// ID is a UUID of 16 bytes (RFC 9562, version 7 when made by us). The kind K keeps ids of different nouns apart. An id is never authority.
type ID[K any] [16]byte

type (
	orgKind        struct{}
	siteKind       struct{}
	buildingKind   struct{}
	apartmentKind  struct{}
	personKind     struct{}
	deviceKind     struct{}
	groupKind      struct{}
	boardKind      struct{}
	agentKind      struct{}
	accountKind    struct{}
	commandKind    struct{}
	callKind       struct{}
	legKind        struct{}
	connKind       struct{}
	epochKind      struct{}
	sessionKind    struct{}
	grantKind      struct{}
	tokenKind      struct{}
	passkeyKind    struct{}
	noticeKind     struct{}
	webhookKind    struct{}
	deliveryKind   struct{}
	mailKind       struct{}
	auditKind      struct{}
	departmentKind struct{}
	companyKind    struct{}
	cameraKind     struct{}
	importKind     struct{}
	autopKind      struct{}
	cardKind       struct{}
	accessKind     struct{}
)

// Ids of the nouns.
type (
	OrgID         = ID[orgKind]
	SiteID        = ID[siteKind]
	BuildingID    = ID[buildingKind]
	ApartmentID   = ID[apartmentKind]
	PersonID      = ID[personKind]
	DeviceID      = ID[deviceKind]
	GroupID       = ID[groupKind]
	BoardID       = ID[boardKind]
	AgentID       = ID[agentKind]
	AccountID     = ID[accountKind]
	CommandID     = ID[commandKind]
	CallID        = ID[callKind]
	LegID         = ID[legKind]
	ConnID        = ID[connKind]
	EpochID       = ID[epochKind]
	SessionID     = ID[sessionKind]
	GrantID       = ID[grantKind]
	TokenID       = ID[tokenKind]
	PasskeyID     = ID[passkeyKind]
	NoticeID      = ID[noticeKind]
	WebhookID     = ID[webhookKind]
	DeliveryID    = ID[deliveryKind]
	MailID        = ID[mailKind]
	AuditID       = ID[auditKind]
	DepartmentID  = ID[departmentKind]
	CompanyID     = ID[companyKind]
	CameraID      = ID[cameraKind]
	ImportID      = ID[importKind]
	AutoPID       = ID[autopKind]
	CardID        = ID[cardKind]
	AccessGroupID = ID[accessKind]
)

// ParseID reads the text form of an id (36 characters, any case): ParseID[SiteID](text). The error is Invalid.
func ParseID[T ~[16]byte](text string) (T, error) {
	var id T
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return id, fault.New(fault.Invalid, "This is not an id.")
	}
	raw := text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	if _, err := hex.Decode(id[:], []byte(raw)); err != nil {
		return T{}, fault.New(fault.Invalid, "This is not an id.")
	}
	return id, nil
}

// String gives the text form in lower case.
func (id ID[K]) String() string {
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// IsZero tells whether the id is unset.
func (id ID[K]) IsZero() bool { return id == ID[K]{} }

// MarshalText gives the text form; an unset id is empty.
func (id ID[K]) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return []byte{}, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads the text form; empty text is an unset id.
func (id *ID[K]) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID[K]{}
		return nil
	}
	parsed, err := ParseID[ID[K]](string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Value stores the id as text, an unset id as NULL.
func (id ID[K]) Value() (driver.Value, error) {
	if id.IsZero() {
		return nil, nil //nolint:nilnil // NULL is the stored form of an unset id.
	}
	return id.String(), nil
}

// Scan reads a stored id: text, 16 bytes or NULL.
func (id *ID[K]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID[K]{}
		return nil
	case string:
		return id.UnmarshalText([]byte(v))
	case []byte:
		if len(v) == 16 {
			copy(id[:], v)
			return nil
		}
		return id.UnmarshalText(v)
	case [16]byte:
		*id = v
		return nil
	}
	return fmt.Errorf("id from %T", src)
}
