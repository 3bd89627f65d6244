package e2e

import (
	"strings"
	"testing"
	"time"
)

// handset is a softphone that is none of ours and does what a test tells it.
type handset interface {
	dial(number string)
	// rings waits until somebody calls it.
	rings(within time.Duration)
	answer()
	// talks waits until a call of its own or of somebody else is answered.
	talks(within time.Duration)
	press(key string)
	// hangUp ends its call and waits until it is over: what falls waits for afterwards is another one.
	hangUp()
	// falls waits until the other side has ended its call.
	falls(within time.Duration)
	// hears waits until it has recorded the other side's tone since forget.
	hears(voice tone)
	heard(voice tone) bool
	forget()
}

// cursor reads what a program writes step by step: each wait looks behind the last one.
type cursor struct {
	p  *process
	at int
}

func (c *cursor) next(within time.Duration, text string) {
	c.p.t.Helper()
	eventually(c.p.t, within, c.p.name+" says "+text, func() bool {
		all := c.p.Said.String()
		i := strings.Index(all[c.at:], text)
		if i < 0 {
			return false
		}
		c.at += i + len(text)
		return true
	})
}

var (
	_ handset = (*phone)(nil)
	_ handset = (*linphone)(nil)
)

// conversed checks what both sides heard of each other.
func conversed(t *testing.T, a handset, voiceOfA tone, b handset, voiceOfB tone) {
	t.Helper()
	a.hears(voiceOfB)
	b.hears(voiceOfA)
}
