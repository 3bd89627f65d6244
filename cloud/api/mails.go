package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
)

// Mail is a mail of the outbox, without its content.
type Mail struct {
	ID        string     `json:"id"`
	Kind      mail.Kind  `json:"kind"`
	Language  string     `json:"language"`
	To        string     `json:"to"`
	State     mail.State `json:"state" enum:"queued,waiting,sent,failed,suppressed,expired,limited"`
	Tries     int        `json:"tries"`
	Error     string     `json:"error" doc:"What the mail server said at the last try."`
	CreatedAt time.Time  `json:"created_at"`
	DoneAt    *time.Time `json:"done_at,omitempty" doc:"Absent while it may still leave."`
}

func showMail(i mail.Item) Mail {
	return Mail{
		ID: i.ID.String(), Kind: i.Kind, Language: i.Language, To: i.To, State: i.State, Tries: i.Tries, Error: i.Error,
		CreatedAt: i.CreatedAt, DoneAt: instant(i.DoneAt),
	}
}

// MailState is how mail leaves.
type MailState struct {
	Transport string `json:"transport" enum:"smtp,folder,none"`
	Address   string `json:"address" doc:"The mail server or the folder; empty when there is none."`
	From      string `json:"from" doc:"The sender; empty when no mail leaves."`
	Waiting   int    `json:"waiting" doc:"Mails that wait for a way out."`
	Failed    int    `json:"failed" doc:"Mails that failed within the last day."`
}

// MailKinds are the letters there are, and the languages of each.
type MailKinds struct {
	Kinds     []mail.Kind `json:"kinds" nullable:"false"`
	Languages []string    `json:"languages" nullable:"false"`
}

// MailPreview is a letter with sample values.
type MailPreview struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

// MailSuppression is an address that gets no mail.
type MailSuppression struct {
	Address   string    `json:"address"`
	Reason    string    `json:"reason" doc:"What its mail server said."`
	CreatedAt time.Time `json:"created_at"`
}

// MailQuery asks for a part of the outbox.
type MailQuery struct {
	Query  string `query:"q" maxLength:"200" doc:"Words of address or kind."`
	State  string `query:"state" enum:"queued,waiting,sent,failed,suppressed,expired,limited" doc:"Only these."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Cursor string `query:"cursor" maxLength:"64" doc:"The next of the part before."`
}

// LetterQuery names a letter.
type LetterQuery struct {
	Kind     string `query:"kind" default:"activation" enum:"activation,reset,confirm_email,factor_code,locked_out,changed,entered,broke_glass,feedback,app_password,announcement,expiring,disconnected,sheet_applied,sheet_undone,sheet_stopped,try"`
	Language string `query:"language" default:"en" maxLength:"16"`
}

// AddressQuery names an address.
type AddressQuery struct {
	Address string `query:"address" required:"true" maxLength:"254"`
}

// letterPolicy lets a letter use its own styles and nothing else; only the portal itself may frame it, and it runs no script.
const letterPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"

// LetterPage is a letter as a browser shows it.
type LetterPage struct {
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Frame       string `header:"X-Frame-Options"`
	Body        []byte
}

func (a *API) mails() {
	write, of := needs(account.ServiceWrite), tag("mails")
	route(a, http.MethodGet, "/mails", "list-mails", "The outbox, newest first", a.listMails, write, of)
	route(a, http.MethodGet, "/mails/state", "get-mail-state", "How mail leaves", func(ctx context.Context, _ *struct{}) (*Body[MailState], error) {
		now, err := a.Mail.Standing(ctx)
		return &Body[MailState]{MailState(now)}, err
	}, write, of)
	route(a, http.MethodGet, "/mails/kinds", "list-mail-kinds", "The letters and their languages", func(context.Context, *struct{}) (*Body[MailKinds], error) {
		return &Body[MailKinds]{MailKinds{Kinds: mail.Kinds(), Languages: mail.Languages()}}, nil
	}, write, of)
	route(a, http.MethodGet, "/mails/preview", "preview-mail", "A letter with sample values", func(_ context.Context, in *LetterQuery) (*Body[MailPreview], error) {
		letter, err := a.Mail.Preview(mail.Kind(in.Kind), in.Language)
		return &Body[MailPreview]{MailPreview(letter)}, err
	}, write, of)
	route(a, http.MethodGet, "/mails/preview.html", "preview-mail-page", "The same as a page to frame", func(_ context.Context, in *LetterQuery) (*LetterPage, error) {
		letter, err := a.Mail.Preview(mail.Kind(in.Kind), in.Language)
		return &LetterPage{ContentType: "text/html; charset=utf-8", Policy: letterPolicy, Frame: "SAMEORIGIN", Body: []byte(letter.HTML)}, err
	}, write, of)
	route(a, http.MethodPost, "/mails/try", "try-mail", "Send a test mail", func(ctx context.Context, in *struct {
		Body struct {
			Address string `json:"address" required:"false"`
		}
	},
	) (*Body[Mail], error) {
		item, err := a.Mail.Try(ctx, in.Body.Address, accessOf(ctx).Account.Language)
		return &Body[Mail]{showMail(item)}, err
	}, status(http.StatusAccepted), write, of)
	route(a, http.MethodGet, "/mails/suppressions", "list-mail-suppressions", "Addresses that get no mail", func(ctx context.Context, _ *struct{}) (*Body[Page[MailSuppression]], error) {
		all, err := a.Mail.Suppressions(ctx)
		out := Page[MailSuppression]{Items: make([]MailSuppression, len(all))}
		for i, one := range all {
			out.Items[i] = MailSuppression(one)
		}
		return &Body[Page[MailSuppression]]{out}, err
	}, write, of)
	route(a, http.MethodDelete, "/mails/suppressions", "delete-mail-suppression", "Let an address get mail again", func(ctx context.Context, in *AddressQuery) (*None, error) {
		return nil, a.Mail.Allow(ctx, in.Address)
	}, status(http.StatusNoContent), write, of)
}

func (a *API) listMails(ctx context.Context, in *MailQuery) (*Body[Page[Mail]], error) {
	var f ids
	q := mail.Query{Words: in.Query, State: mail.State(in.State), Limit: in.Limit, Before: bodyID[domain.MailID](&f, "cursor", in.Cursor)}
	if err := f.Err(); err != nil {
		return nil, err
	}
	all, err := a.Mail.List(ctx, q)
	out := Page[Mail]{Items: make([]Mail, len(all))}
	for i, one := range all {
		out.Items[i] = showMail(one)
	}
	if len(all) == in.Limit {
		out.Next = out.Items[len(all)-1].ID
	}
	return &Body[Page[Mail]]{out}, err
}
