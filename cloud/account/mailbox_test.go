package account_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// mailbox keeps the letters and notices that a service posts.
type mailbox struct {
	mu      sync.Mutex
	letters []mail.Letter
	told    []string
}

func (m *mailbox) Post(_ context.Context, l mail.Letter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.letters = append(m.letters, l)
	return nil
}

func (m *mailbox) Tell(_ context.Context, _ domain.AccountID, kind string, _ map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, kind)
	return nil
}

// of gives the letters of a kind to an address.
func (m *mailbox) of(kind mail.Kind, to string) []mail.Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []mail.Letter
	for _, l := range m.letters {
		if l.Kind == kind && l.To == to {
			out = append(out, l)
		}
	}
	return out
}

// token reads the token out of a link.
func token(t *testing.T, link secret.String) secret.String {
	t.Helper()
	_, text, ok := strings.Cut(link.Reveal(), "#token=")
	if !ok {
		t.Fatal("no link")
	}
	return secret.New(text)
}
