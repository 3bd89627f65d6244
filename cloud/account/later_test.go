package account_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"vestibule/cloud/account"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/secret"
)

// waiting is a queue that a test empties.
type waiting struct{ work []string }

func (w *waiting) Insert(_ context.Context, kind string, body any) error {
	text, err := json.Marshal(body)
	w.work = append(w.work, kind+" "+string(text))
	return err
}

// Whatever a stranger types, the same work goes into the queue, and what was typed rests nowhere: it may be a password or somebody's address.
func TestLater_KeepsNothingThatWasTyped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		queue := &waiting{}
		h := newHouse(t, s, func(cfg *account.Config) { cfg.Later = queue })
		_, bob := h.join(t, s, account.Account{Email: "bob@example.com"})
		for _, login := range []string{"Bob@example.com", "nobody@example.com"} {
			queue.work = nil
			if err := h.RequestReset(t.Context(), desk, login); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				_, _ = h.SignIn(t.Context(), desk, login, secret.New("wrong"))
			}
			id := ""
			if login != "nobody@example.com" {
				id = bob.ID.String()
			}
			want := fmt.Sprintf(`{"account":%q,"from":"192.0.2.7"}`, id)
			if len(queue.work) != 2 || queue.work[0] != account.RecoverJob+" "+want || queue.work[1] != account.LockedJob+" "+want {
				t.Fatalf("%s: %q", login, queue.work)
			}
			for _, one := range queue.work {
				kind, body, _ := strings.Cut(one, " ")
				if err := h.Work(kind)(t.Context(), []byte(body)); err != nil {
					t.Errorf("%s: %v", one, err)
				}
			}
		}
		if reset, locked := len(h.of(mail.Reset, "bob@example.com")), len(h.of(mail.LockedOut, "bob@example.com")); reset != 1 || locked != 1 || len(h.letters) != 3 {
			t.Errorf("%d letters to reset, %d of the lock, %d in all", reset, locked, len(h.letters))
		}
	})
}
