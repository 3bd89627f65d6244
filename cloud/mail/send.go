package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// How the queue is to run Send.
const (
	JobName    = "mail"
	JobTries   = 14 // a day and an hour with the queue's pauses
	JobTimeout = 2 * time.Minute
)

// Message is a written letter on its way.
type Message struct {
	ID          domain.MailID
	To          string
	Subject     string
	Text        string
	HTML        string
	Language    string
	Date        time.Time
	Unsubscribe string // address where such mails are switched off; empty when they cannot be
}

// Transport is a way out. Send errors are Refusal when the other side said no; everything else may pass with time.
type Transport interface {
	Send(ctx context.Context, m Message) error
	Place() (kind, address, from string)
}

// Refusal is a no that stays a no. Its words come from the other side and are shown to the operator alone.
type Refusal struct {
	Address bool // the address itself was refused: it gets no further mail
	Code    int
	Words   string
}

// Error gives the code alone, because the words of the other side may hold an address.
func (r *Refusal) Error() string { return fmt.Sprintf("the mail server answered %d", r.Code) }

// Setback is a failure that may pass; Words are for the operator alone.
type Setback struct {
	Code  int // zero: no answer at all
	Words string
}

// Error gives the code alone.
func (e *Setback) Error() string {
	if e.Code == 0 {
		return "the mail server did not answer"
	}
	return fmt.Sprintf("the mail server answered %d", e.Code)
}

// Send is the job of one mail; try is the number of this try, of how many. An error asks for another try.
func (s *Service) Send(ctx context.Context, body []byte, try, of int) error {
	var text string
	if err := json.Unmarshal(body, &text); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	id, err := domain.ParseID[domain.MailID](text)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	i, letter, err := s.cfg.Store.Mail(ctx, id)
	if fault.CodeOf(err) == fault.NotFound || err == nil && i.State != Queued {
		return nil // purged, or sent by another try
	}
	if err != nil {
		return err
	}
	if !s.now().Before(i.ExpiresAt) {
		return s.end(ctx, i, Expired, i.Error)
	}
	if stopped, err := s.cfg.Store.Suppressed(ctx, FoldAddress(i.To)); err != nil {
		return err
	} else if stopped {
		return s.end(ctx, i, Suppressed, i.Error)
	}
	if s.cfg.Transport == nil {
		i.State = Waiting
		return s.cfg.Store.ChangeMail(ctx, i)
	}
	i.Tries++
	m, err := s.write(i, letter)
	if err != nil {
		return s.end(ctx, i, Failed, err.Error())
	}
	return s.sent(ctx, i, s.cfg.Transport.Send(ctx, m), try >= of)
}

// write makes the message of a sealed letter.
func (s *Service) write(i Item, letter []byte) (Message, error) {
	if !plainAddress(i.To) {
		return Message{}, errors.New("this is not an e-mail address")
	}
	var l sealedLetter
	if err := json.Unmarshal(letter, &l); err != nil {
		return Message{}, errors.New("the letter cannot be read")
	}
	written, err := s.render(Letter{Kind: i.Kind, Language: i.Language, Values: l.Values, Link: secret.New(l.Link), Expires: i.ExpiresAt})
	if err != nil {
		return Message{}, err
	}
	m := Message{
		ID: i.ID, To: i.To, Subject: written.Subject, Text: written.Text, HTML: written.HTML, Language: i.Language, Date: i.CreatedAt,
	}
	if i.Kind == Announcement {
		m.Unsubscribe = s.cfg.PublicURL + "/profile"
	}
	return m, nil
}

// sent notes how a try went.
func (s *Service) sent(ctx context.Context, i Item, err error, last bool) error {
	ctx = context.WithoutCancel(ctx) // what happened is written down, also when the try ran out of time
	if err == nil {
		s.cfg.Logger.Info("mail sent", logkey.Kind, string(i.Kind), logkey.Count, i.Tries)
		return s.end(ctx, i, Sent, "")
	}
	var no *Refusal
	if errors.As(err, &no) && no.Address {
		return s.refused(ctx, i, no)
	}
	words := err.Error()
	var back *Setback
	if errors.As(err, &back) && back.Words != "" {
		words = back.Words
	}
	if no != nil {
		words = no.Words
	}
	if no != nil || last {
		s.cfg.Logger.Error("mail failed", logkey.Kind, string(i.Kind), logkey.Count, i.Tries, logkey.Err, err)
		return s.end(ctx, i, Failed, words)
	}
	i.Error = cut(words)
	if changed := s.cfg.Store.ChangeMail(ctx, i); changed != nil {
		return changed
	}
	return err
}

// refused keeps an address that refused for good from further mail, and tells the operators.
func (s *Service) refused(ctx context.Context, i Item, no *Refusal) error {
	s.cfg.Logger.Warn("mail address refused", logkey.Kind, string(i.Kind), logkey.Code, no.Code)
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		reason := Suppression{Address: FoldAddress(i.To), Reason: cut(no.Words), CreatedAt: s.now()}
		if err := s.cfg.Store.Suppress(ctx, reason); err != nil {
			return err
		}
		if err := s.end(ctx, i, Suppressed, no.Words); err != nil {
			return err
		}
		operators, err := s.cfg.Store.Operators(ctx)
		if err != nil {
			return err
		}
		for _, operator := range operators {
			if err := s.cfg.Notices.Tell(ctx, operator, "mail_suppressed", map[string]string{"address": i.To}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) end(ctx context.Context, i Item, state State, words string) error {
	i.State, i.Error, i.DoneAt = state, cut(words), s.now()
	return s.cfg.Store.ChangeMail(ctx, i)
}

// maxError is how much is kept of what the other side said, in bytes.
const maxError = 500

func cut(words string) string { return clean(words[:min(len(words), maxError)], false) }
