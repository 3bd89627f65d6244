package notice_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/cloudtest"
	"vestibule/cloud/live"
	"vestibule/cloud/notice"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
)

type object = cloudtest.Object

type notices struct {
	Items []struct {
		ID, Kind string
		Values   map[string]string
		ReadAt   *time.Time `json:"read_at"`
	}
	Unread int
}

type house = cloudtest.House

func each(t *testing.T, run func(t *testing.T, h *house)) {
	t.Helper()
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) { run(t, cloudtest.NewHouse(t, s)) })
}

func announce(t *testing.T, h *house, title string, mail bool) int {
	t.Helper()
	return cloudtest.Want[struct{ Told int }](t, h.Operator, http.StatusOK, http.MethodPost, "/announcements", object{
		"title": title, "text": "The service rests.\nFor an hour.", "mail": mail,
	}).Told
}

func list(t *testing.T, c cloudtest.Client, query string) notices {
	t.Helper()
	return cloudtest.Want[notices](t, c, http.StatusOK, http.MethodGet, "/notices"+query, nil)
}

func mark(t *testing.T, c cloudtest.Client, body object) {
	t.Helper()
	cloudtest.Want[any](t, c, http.StatusNoContent, http.MethodPost, "/notices/read", body)
}

// shows MSG-06 by cloud/store/notices.go: "query := s.conn(ctx).Model(&noticeRow{}).Where(\"account_id = ? AND read_at IS NULL\", of)" => "query := s.conn(ctx).Model(&noticeRow{}).Where(\"read_at IS NULL\")"
// shows MSG-06 by cloud/notice/service.go: "s.cfg.Store.AfterCommit(ctx, func() { s.cfg.Live.PublishAccount(to, Live, map[string]string{\"id\": n.ID.String(), \"kind\": kind}) })"
func TestNotices_UnreadReadAndLive(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		live := h.Installer.Stream(t, "/stream", "")
		announce(t, h, "First", false)
		live.Wait(t, "notice")
		announce(t, h, "Second", false)
		live.Wait(t, "notice")
		mine := list(t, h.Installer, "")
		if mine.Unread != 2 || len(mine.Items) != 2 || mine.Items[0].Values["title"] != "Second" || mine.Items[0].Kind != notice.Announced || mine.Items[0].ReadAt != nil {
			t.Fatalf("%+v", mine)
		}
		mark(t, h.Distributor, object{"ids": []string{mine.Items[0].ID, mine.Items[1].ID}}) // another account's
		if got := list(t, h.Installer, ""); got.Unread != 2 {
			t.Errorf("another account read %d of them", 2-got.Unread)
		}
		mark(t, h.Installer, object{"ids": []string{mine.Items[0].ID}})
		live.Wait(t, "notice") // the other tabs count again
		got := list(t, h.Installer, "?unread=true")
		if got.Unread != 1 || len(got.Items) != 1 || got.Items[0].ID != mine.Items[1].ID {
			t.Errorf("after one: %+v", got)
		}
		mark(t, h.Installer, object{"all": true})
		if got := list(t, h.Installer, ""); got.Unread != 0 || len(got.Items) != 2 || got.Items[1].ReadAt == nil {
			t.Errorf("after all: %+v", got)
		}
		if got := list(t, h.Distributor, ""); got.Unread != 2 {
			t.Errorf("Dora's: %+v", got)
		}
		many := make([]string, notice.Kept+1)
		for i := range many {
			many[i] = mine.Items[0].ID
		}
		for name, body := range map[string]object{"nothing": {}, "no id": {"ids": []string{"first"}}, "too many": {"ids": many}} {
			if a := h.Installer.Do(t, http.MethodPost, "/notices/read", body); a.Status != http.StatusUnprocessableEntity || a.Field("ids") == "" {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
	})
}

// shows MSG-06 by cloud/store/notices.go: "if err := s.conn(ctx).Where(\"account_id = ? AND id NOT IN (?)\", n.Account, newest).Delete(&noticeRow{}).Error; err != nil {" => "if err := error(nil); newest == nil {"
func TestNotices_KeepsTheNewest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		db, err := store.Open(t.Context(), h.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		now := time.Now().Add(time.Minute) // after what the announcement below says
		s := notice.New(notice.Config{Store: db, Live: &live.Hub{}, Now: func() time.Time { now = now.Add(time.Millisecond); return now }})
		ida, err := domain.ParseID[domain.AccountID](h.Installer.Me(t).ID)
		if err != nil {
			t.Fatal(err)
		}
		announce(t, h, "Others keep theirs", false)
		for i := range notice.Kept + 5 {
			if err := s.Tell(t.Context(), ida, "assigned", map[string]string{"n": strconv.Itoa(i), "long": strings.Repeat("ä", 10_000)}); err != nil {
				t.Fatal(err)
			}
		}
		got := list(t, h.Installer, "")
		if got.Unread != notice.Kept || len(got.Items) != notice.Kept || got.Items[0].Values["n"] != "204" || got.Items[notice.Kept-1].Values["n"] != "5" {
			t.Errorf("%d unread, %d items", got.Unread, len(got.Items))
		}
		if n := len([]rune(got.Items[0].Values["long"])); n != 4000 {
			t.Errorf("a value of %d characters is kept", n)
		}
		if got := list(t, h.Distributor, ""); got.Unread != 1 {
			t.Errorf("Dora's: %+v", got)
		}
	})
}

// shows MSG-04 by cloud/notice/service.go: "if err := s.Tell(ctx, r.Account, Announced, values); err != nil {" => "if err := error(nil); err != nil {"
// shows ACC-06 by cloud/notice/service.go: "if !a.Mail || !r.Mailed || r.Email == \"\" {" => "if !a.Mail || r.Email == \"\" {"
func TestAnnounce_ReachesThoseWhoRunAnOrganisation(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		cloudtest.Want[any](t, h.Installer, http.StatusCreated, http.MethodPost, "/managers", object{"first_name": "Mia", "last_name": "Moss", "email": "mia@example.com"})
		mia := h.Arrive(t, "mia@example.com")
		cloudtest.Want[any](t, h.Installer, http.StatusCreated, http.MethodPost, "/subaccounts", object{"username": "sam", "email": "sam@example.com"}) // never activated
		cloudtest.Want[any](t, h.Installer, http.StatusOK, http.MethodPut, "/me", object{"notify": false})
		if n := announce(t, h, "Rest on Sunday", true); n != 3 {
			t.Errorf("%d were told, want Ada, Dora and Ida", n)
		}
		for name, c := range map[string]cloudtest.Client{"Ada": h.Operator, "Dora": h.Distributor, "Ida": h.Installer} {
			if got := list(t, c, ""); got.Unread != 1 || got.Items[0].Values["text"] != "The service rests.\nFor an hour." {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if got := list(t, mia, ""); got.Unread != 0 {
			t.Errorf("a manager: %+v", got)
		}
		m := h.Mails.Wait(t, "dora@example.com", func(m cloudtest.Mail) bool { return m.Subject == "Rest on Sunday" })
		if !strings.Contains(m.Text, "For an hour.") || !strings.Contains(m.Text, "/profile") {
			t.Errorf("the mail:\n%s", m.Text)
		}
		sent := h.Operator.Do(t, http.MethodGet, "/mails?q=ida", nil)
		if sent.Status != http.StatusOK || strings.Contains(string(sent.Body), `"announcement"`) || !strings.Contains(string(sent.Body), `"activation"`) {
			t.Errorf("mails to who wants none: %d %s", sent.Status, sent.Body)
		}
		acts := h.Operator.Do(t, http.MethodGet, "/audit?object=announcement&action=sent", nil)
		if strings.Count(string(acts.Body), `"object_name":"Rest on Sunday"`) != 1 {
			t.Errorf("recorded %s", acts.Body)
		}
	})
}

// shows MSG-04 by cloud/notice/service.go: "if err := a.check(); err != nil {" => "if err := error(nil); err != nil {"
func TestAnnounce_BoundsAndWhoMay(t *testing.T) {
	h := &house{Server: cloudtest.Start(t, "")}
	h.Operator = h.SetUp(t)
	for name, c := range map[string]struct {
		form  object
		field string
	}{
		"no title":     {object{"title": "  ", "text": "x"}, "title"},
		"long title":   {object{"title": strings.Repeat("ä", 121), "text": "x"}, "title"},
		"second line":  {object{"title": "a\nBcc: eve@example.com", "text": "x"}, "title"},
		"no text":      {object{"title": "x", "text": "\n"}, "text"},
		"long text":    {object{"title": "x", "text": strings.Repeat("ä", 4001)}, "text"},
		"hidden signs": {object{"title": "x", "text": "a\u0000b"}, "text"},
	} {
		if a := h.Operator.Do(t, http.MethodPost, "/announcements", c.form); a.Status != http.StatusUnprocessableEntity || a.Field(c.field) == "" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	if a := h.Stranger(t).Do(t, http.MethodPost, "/announcements", object{"title": "x", "text": "y"}); a.Status != http.StatusForbidden {
		t.Errorf("an installer: %d %s", a.Status, a.Body)
	}
	if got := list(t, h.Operator, ""); len(got.Items) != 0 {
		t.Errorf("told %+v", got)
	}
}
