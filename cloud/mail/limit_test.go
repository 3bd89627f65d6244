package mail_test

import (
	"testing"
	"time"

	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/secret"
)

// Twenty mails an hour reach one address, however it is written; codes of the second factor are counted by themselves.
func TestPost_TwentyAnHourToOneAddress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s, 5)
		spellings := []string{"Änne@example.com", "änne@EXAMPLE.com", "ÄNNE@example.com"}
		for n := range 20 {
			to := spellings[n%len(spellings)]
			if o.post(t, mail.Letter{To: to}); o.last(t, to).State != mail.Queued {
				t.Fatalf("number %d: %+v", n+1, o.last(t, to))
			}
		}
		for _, to := range spellings {
			o.post(t, mail.Letter{To: to})
			if i := o.last(t, to); i.State != mail.Limited || !done(i) || o.letter(t, i.ID) != nil {
				t.Errorf("one too many: %+v", i)
			}
		}
		for n := range 21 {
			o.post(t, mail.Letter{Kind: mail.FactorCode, To: spellings[0], Link: secret.New("123456"), Expires: o.clock().Add(10 * time.Minute)})
			if state := o.last(t, spellings[0]).State; (state == mail.Queued) != (n < 20) {
				t.Errorf("code %d: %s", n+1, state)
			}
		}
		if o.post(t, mail.Letter{To: "other@example.com"}); o.last(t, "other@example.com").State != mail.Queued {
			t.Error("another address is limited too")
		}
		o.move(time.Hour)
		if o.post(t, mail.Letter{To: spellings[1]}); o.last(t, spellings[1]).State != mail.Queued {
			t.Error("an hour later it is still limited")
		}
	})
}
