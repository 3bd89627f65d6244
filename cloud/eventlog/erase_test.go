package eventlog_test

import (
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// A home that was reset loses what its events tell, and no other home does; the chain still proves that nothing is missing or altered.
//
// shows PEOPLE-18 PEOPLE-22 by cloud/store/resets.go: "Updates(map[string]any{\"body\": empty, \"salt\": salt, \"names\": empty}).Error; err != nil {" => "Updates(map[string]any{\"body\": empty, \"names\": append(salt, empty...)}).Error; err != nil {"
// shows PEOPLE-18 by cloud/store/resets.go: "Where(\"apartment_id = ? AND occurred_at < ? AND length(body) > 0\", id, at.UnixMilli())" => "Where(\"apartment_id = ? AND occurred_at > ? AND length(body) > 0\", id, at.UnixMilli()).Limit(most).Find(&rows).Error"
func TestErase_LeavesTheChainWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		mine, other := domain.NewID[domain.ApartmentID](time.Now()), domain.NewID[domain.ApartmentID](time.Now())
		row := func(home domain.ApartmentID, by string) wire.Row {
			return b.Row(domain.EventDoor, domain.DoorBody{ApartmentID: home, Relay: 1, By: by})
		}
		batch := wire.Events{Epoch: b.Epoch, Stream: domain.StreamAudit, Rows: []wire.Row{row(mine, "Eva"), row(other, "Otto"), row(mine, "Sam"), row(mine, "Dana")}}
		if ack, err := c.Events.Take(t.Context(), b.ID, batch); err != nil || ack.Through != 4 {
			t.Fatal(ack, err)
		}
		when := time.UnixMilli(batch.Rows[3].WallMilli)
		ctx := account.AsSystem(t.Context(), "test")
		if err := s.Record(c.Person(), account.Stamp(c.Person(), audit.Entry{
			Site: c.Site, Action: audit.Changed, Object: "apartment", ObjectID: mine, Reason: audit.ResetHome, At: when.Add(time.Millisecond),
		})); err != nil {
			t.Fatal(err)
		}
		total := 0
		for {
			n, err := s.EraseEvents(ctx, c.Site, mine, when.Add(time.Millisecond), 2)
			if err != nil {
				t.Fatal(err)
			}
			if total += n; n == 0 {
				break
			}
		}
		if total != 3 {
			t.Errorf("%d erased", total)
		}
		list, _, err := c.Events.List(c.Person(), c.Site, eventlog.Query{Limit: 10})
		if err != nil || len(list) != 4 {
			t.Fatal(list, err)
		}
		for _, e := range list {
			by, _ := e.Body["by"].(string)
			if erased := e.Body["erased"] == true; erased == (by == "Otto") || strings.Contains("Eva Sam Dana", by) && by != "" {
				t.Errorf("row %d tells %v", e.Seq, e.Body)
			}
		}
		found, err := c.Events.Verify(c.Person(), c.Site)
		if err != nil || len(found) != 1 || found[0].Bad != "" || found[0].Erased != 3 || found[0].Rows != 4 {
			t.Errorf("%+v %v", found, err)
		}
		if n, err := s.EraseEvents(ctx, c.Site, mine, when.Add(time.Millisecond), 10); err != nil || n != 0 {
			t.Errorf("%d erased once more: %v", n, err)
		}
		stranger := account.With(t.Context(), account.Caller{Org: domain.NewID[domain.OrgID](time.Now()), Role: account.RoleInstaller})
		if n, err := s.EraseEvents(stranger, c.Site, other, when.Add(time.Hour), 10); err != nil || n != 0 {
			t.Errorf("a stranger erased %d: %v", n, err)
		}
	})
}
