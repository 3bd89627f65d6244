package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	stdmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/jobs"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// office is a mail service over a real queue and a real mail server, with a clock that tests move.
type office struct {
	*mail.Service
	store *store.Store
	queue *jobs.Queue
	mails *cloudtest.Mails

	mu   sync.Mutex
	now  time.Time
	told []string
}

func newOffice(t *testing.T, s *store.Store, tries int) *office {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	q, err := jobs.New(t.Context(), s, logger)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{store: s, queue: q, mails: cloudtest.CatchMails(t), now: time.Now().UTC().Truncate(time.Millisecond)}
	o.Service = mail.New(mail.Config{
		Store: s, Queue: q, Notices: o, PublicURL: "https://doors.example.com", Now: o.clock, Logger: logger,
		Transport: mail.SMTP{Address: o.mails.Address, TLS: mail.NoTLS, From: stdmail.Address{Address: "doors@example.com"}},
	})
	soon := func(int) time.Duration { return time.Millisecond }
	q.Handle(mail.JobName, jobs.Options{Tries: tries, Pause: soon}, func(ctx context.Context, body []byte) error {
		try, of := jobs.TryOf(ctx)
		return o.Send(ctx, body, try, of)
	})
	return o
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) move(by time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(by)
}

// Tell keeps a notice as "account kind address".
func (o *office) Tell(_ context.Context, to domain.AccountID, kind string, values map[string]string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, to.String()+" "+kind+" "+values["address"])
	return nil
}

func (o *office) notices() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.told)
}

// run lets the queue work until the test ends.
func (o *office) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.queue.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the queue ended: %v", err)
		}
	})
}

// post posts a letter a moment after the one before, so that the newest is known.
func (o *office) post(t *testing.T, l mail.Letter) {
	t.Helper()
	o.move(time.Millisecond)
	if l.Kind == "" {
		l.Kind, l.Link = mail.Reset, secret.New("https://doors.example.com/reset#token=planted-link")
	}
	if err := o.Post(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

// last gives the newest row to an address.
func (o *office) last(t *testing.T, to string) mail.Item {
	t.Helper()
	items, err := o.store.Mails(t.Context(), mail.Query{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.To == to {
			return i
		}
	}
	t.Fatalf("no row to %s", to)
	return mail.Item{}
}

// until waits for the newest row to an address.
func (o *office) until(t *testing.T, to string, is func(mail.Item) bool) mail.Item {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for {
		i := o.last(t, to)
		if is(i) {
			return i
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it stays %+v", i)
		}
	}
}

func done(i mail.Item) bool { return !i.DoneAt.IsZero() }

// letter gives the bytes that rest of a letter, as the database has them.
func (o *office) letter(t *testing.T, id domain.MailID) []byte {
	t.Helper()
	var rests []byte
	query := fmt.Sprintf("SELECT letter FROM mails WHERE id = '%s'", id)
	if err := o.store.Pool().QueryRowContext(t.Context(), query).Scan(&rests); err != nil {
		t.Fatal(err)
	}
	return rests
}

func TestSend_TriesAgainAfterASetback(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const slow = "slow@example.com"
		o := newOffice(t, s, 1000)
		o.mails.Refuse(slow, 451, [3]int{4, 2, 0})
		o.post(t, mail.Letter{To: slow, Language: "en"})
		first := o.last(t, slow)
		if rests := o.letter(t, first.ID); len(rests) == 0 || bytes.Contains(rests, []byte("planted-link")) {
			t.Fatalf("the letter rests as %q", rests)
		}
		o.run(t)
		again := o.until(t, slow, func(i mail.Item) bool { return i.Tries >= 2 })
		if again.State != mail.Queued || !strings.Contains(again.Error, "451") || len(o.letter(t, first.ID)) == 0 || len(o.mails.All(slow)) != 0 {
			t.Errorf("%+v", again)
		}
		o.mails.Refuse(slow, 0, [3]int{})
		if m := o.mails.Wait(t, slow, nil); !strings.Contains(m.Link, "planted-link") || m.Header.Get("Message-Id") != "<"+first.ID.String()+"@example.com>" {
			t.Errorf("%v", m.Header)
		}
		if sent := o.until(t, slow, done); sent.State != mail.Sent || sent.Error != "" || sent.Tries <= again.Tries {
			t.Errorf("%+v", sent)
		}
		if rests := o.letter(t, first.ID); rests != nil {
			t.Errorf("the letter rests as %q", rests)
		}
		if n := len(o.mails.All(slow)); n != 1 {
			t.Errorf("%d copies", n)
		}
	})
	t.Run("in vain", func(t *testing.T) {
		o := newOffice(t, storetest.SQLite(t), 3)
		for to, no := range map[string]struct {
			code     int
			enhanced [3]int
		}{
			"never@example.com":  {451, [3]int{4, 2, 0}},
			"policy@example.com": {550, [3]int{5, 7, 1}}, // about this service, not about the address
		} {
			o.mails.Refuse(to, no.code, no.enhanced)
			o.post(t, mail.Letter{To: to})
		}
		o.run(t)
		for _, to := range []string{"never@example.com", "policy@example.com"} {
			failed := o.until(t, to, done)
			if failed.State != mail.Failed || failed.Tries != 3 || o.letter(t, failed.ID) != nil {
				t.Errorf("%+v", failed)
			}
		}
		if stopped, err := o.Suppressions(t.Context()); err != nil || len(stopped) != 0 {
			t.Errorf("%v %+v", err, stopped)
		}
		if standing, err := o.Standing(t.Context()); err != nil || standing.Failed != 2 {
			t.Errorf("%v %+v", err, standing)
		}
	})
}

// An address that does not exist is asked once; the operators hear of it, and what is posted later does not leave.
func TestSend_AddressThatRefusedGetsNoMore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s, 5)
		org := account.Org{ID: domain.NewID[domain.OrgID](o.now), Kind: account.OrgOperator, Name: "Doors Ltd", CreatedAt: o.now}
		if err := s.SaveOrg(t.Context(), org); err != nil {
			t.Fatal(err)
		}
		ada := account.Account{ID: domain.NewID[domain.AccountID](o.now), Org: org, Email: "ada@example.com", Name: "Ada", Role: account.RoleOperator, CreatedAt: o.now}
		if err := s.SaveAccount(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		o.mails.Refuse("Gone@example.com", 550, [3]int{5, 1, 1})
		o.post(t, mail.Letter{To: "Gone@example.com"})
		o.run(t)
		refused := o.until(t, "Gone@example.com", done)
		if refused.State != mail.Suppressed || refused.Tries != 1 || !strings.Contains(refused.Error, "550") || o.letter(t, refused.ID) != nil {
			t.Errorf("%+v", refused)
		}
		if want := ada.ID.String() + " mail_suppressed Gone@example.com"; strings.Join(o.notices(), ", ") != want {
			t.Errorf("told %q, want %q", o.notices(), want)
		}
		o.mails.Refuse("Gone@example.com", 0, [3]int{})
		o.post(t, mail.Letter{To: "gone@EXAMPLE.com"})
		if later := o.last(t, "gone@EXAMPLE.com"); later.State != mail.Suppressed || !done(later) || o.letter(t, later.ID) != nil {
			t.Errorf("%+v", later)
		}
	})
}

// A link that is over leaves no more, neither from the queue nor from a service that had no way out.
func TestSend_NothingThatIsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s, 5)
		o.post(t, mail.Letter{To: "late@example.com", Expires: o.clock().Add(time.Minute)})
		o.post(t, mail.Letter{To: "soon@example.com", Expires: o.clock().Add(time.Hour)})
		o.post(t, mail.Letter{To: "waits@example.com", Expires: o.clock().Add(time.Minute)})
		waits := o.last(t, "waits@example.com")
		waits.State = mail.Waiting
		if err := s.ChangeMail(t.Context(), waits); err != nil {
			t.Fatal(err)
		}
		o.move(time.Minute)
		o.run(t)
		o.until(t, "soon@example.com", func(i mail.Item) bool { return i.State == mail.Sent })
		if late := o.until(t, "late@example.com", done); late.State != mail.Expired || late.Tries != 0 || o.letter(t, late.ID) != nil {
			t.Errorf("%+v", late)
		}
		if err := o.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if now := o.last(t, "waits@example.com"); now.State != mail.Expired || o.letter(t, now.ID) != nil {
			t.Errorf("%+v", now)
		}
		if n := len(o.mails.All("")); n != 1 {
			t.Errorf("%d mails came", n)
		}
		old := mail.Item{
			ID: domain.NewID[domain.MailID](o.clock()), Kind: mail.Try, Language: "en", To: "old@example.com", State: mail.Queued, CreatedAt: o.clock().AddDate(-1, 0, 0),
		}
		if err := s.SaveMail(t.Context(), old, []byte("{}")); err != nil { // not done, so it stays however old
			t.Fatal(err)
		}
		for _, step := range []struct {
			by   time.Duration
			left int
		}{{90 * 24 * time.Hour, 4}, {time.Millisecond, 1}} {
			o.move(step.by)
			if err := o.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			if left, err := s.Mails(t.Context(), mail.Query{Limit: 100}); err != nil || len(left) != step.left {
				t.Errorf("%v, %d rows, want %d", err, len(left), step.left)
			}
		}
	})
}
