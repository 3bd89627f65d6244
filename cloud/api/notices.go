package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/notice"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Notices are what an account should know of.
type Notices struct {
	Items  []Notice `json:"items" nullable:"false" doc:"Newest first."`
	Unread int      `json:"unread"`
}

// Notice is one of them.
type Notice struct {
	ID        string            `json:"id"`
	Kind      string            `json:"kind"`
	Values    map[string]string `json:"values" nullable:"false"`
	CreatedAt time.Time         `json:"created_at"`
	ReadAt    *time.Time        `json:"read_at" doc:"Null while unread."`
}

// ReadInput marks notices as read.
type ReadInput struct {
	IDs []string `json:"ids,omitempty" doc:"At most 200."`
	All bool     `json:"all,omitempty"`
}

// AnnouncementInput is a notice to everybody who runs an organisation.
type AnnouncementInput struct {
	Title string `json:"title" required:"false" doc:"1 to 120 characters."`
	Text  string `json:"text" required:"false" doc:"1 to 4000 characters."`
	Mail  bool   `json:"mail,omitempty" doc:"Mail it to those who want mails, too."`
}

// Announced tells how many accounts an announcement reached.
type Announced struct {
	Told int `json:"told"`
}

func (i ReadInput) ids() ([]domain.NoticeID, error) {
	var f ids
	f.Check(i.All || len(i.IDs) > 0, "ids", "Say which, or all.")
	f.Check(len(i.IDs) <= notice.Kept, "ids", "At most %d.", notice.Kept)
	if i.All || f.Err() != nil {
		return nil, f.Err()
	}
	out := make([]domain.NoticeID, len(i.IDs))
	for n, text := range i.IDs {
		out[n] = bodyID[domain.NoticeID](&f, "ids", text)
	}
	return out, f.Err()
}

func (a *API) notices() {
	route(a, http.MethodGet, "/notices", "list-notices", "What the account should know of, newest first", func(ctx context.Context, in *struct {
		Unread bool `query:"unread"`
	},
	) (*Body[Notices], error) {
		list, unread, err := a.Notices.List(ctx, accessOf(ctx).Account.ID, in.Unread)
		out := Notices{Items: make([]Notice, len(list)), Unread: unread}
		for i, n := range list {
			out.Items[i] = Notice{ID: n.ID.String(), Kind: n.Kind, Values: n.Values, CreatedAt: n.At}
			if !n.ReadAt.IsZero() {
				out.Items[i].ReadAt = &n.ReadAt
			}
		}
		return &Body[Notices]{out}, err
	}, needs(account.Self), tag("notices"))
	route(a, http.MethodPost, "/notices/read", "read-notices", "Mark notices as read", func(ctx context.Context, in *struct{ Body ReadInput }) (*None, error) {
		ids, err := in.Body.ids()
		if err != nil {
			return nil, err
		}
		return nil, a.Notices.Read(ctx, accessOf(ctx).Account.ID, ids)
	}, status(http.StatusNoContent), needs(account.Self), tag("notices"))
	route(a, http.MethodPost, "/announcements", "announce", "Tell everybody who runs an organisation", func(ctx context.Context, in *struct{ Body AnnouncementInput }) (*Body[Announced], error) {
		if _, err := callerOf(ctx); err != nil {
			return nil, fault.New(fault.Unauthenticated, "Sign in first.")
		}
		told, err := a.Notices.Announce(ctx, notice.Announcement(in.Body))
		return &Body[Announced]{Announced{Told: told}}, err
	}, needs(account.ServiceWrite), tag("notices"))
}
