package cloud

import (
	"context"

	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
)

// exposed changes the SIP password of a device whose provisioning file somebody else may have, in the transaction that stores the row.
func (c *Cloud) exposed(ctx context.Context, site domain.SiteID, row eventlog.Stored) error {
	if row.Row.Kind != domain.EventSecurity {
		return nil // nothing is read of the many
	}
	event := row.Event()
	if event.Body["what"] != domain.NoteFileFetchedAgain {
		return nil
	}
	text, _ := event.Body["device_id"].(string)
	id, err := domain.ParseID[domain.DeviceID](text)
	if err != nil {
		return nil //nolint:nilerr // a row about no device exposes none
	}
	return c.fleet.RotateSIP(ctx, site, id)
}
