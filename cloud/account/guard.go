package account

import (
	"net/netip"
	"time"

	"vestibule/cloud/guard"
)

// guards stand before the password: one account from one place, one place whatever the account, and one account whatever the place. Names
// that no account has are counted like the others, so a lock tells nothing. The third is wide, because it lets a stranger lock somebody out.
// Beside them stand those of links, mails of recovery, codes, and the password asked for once more.
type guards struct {
	pair, place, account *guard.Guard
	links                *guard.Guard // wrong single-use links from one place
	resets               *guard.Guard // requests of recovery from one place
	factor               *guard.Guard // wrong codes in one session
	own                  *guard.Guard // wrong passwords of somebody who is signed in
	told                 *guard.Guard // mails and notices about locks, for one account
}

// pairLock is how long the usual lock lasts.
const pairLock = 5 * time.Minute

func newGuards() guards {
	const window = 15 * time.Minute
	return guards{
		pair: guard.New(5, window, pairLock), place: guard.New(30, window, window), account: guard.New(100, time.Hour, window),
		links: guard.New(30, window, window), resets: guard.New(20, time.Hour, window), factor: guard.New(5, 10*time.Minute, 10*time.Minute),
		own: guard.New(5, window, window), told: guard.New(1, mailsWithin, mailsWithin),
	}
}

func (g guards) locked(now time.Time, folded string, from netip.Addr) time.Duration {
	at := guard.Place(from)
	return max(g.pair.Wait(now, folded+" "+at), g.place.Wait(now, at), g.account.Wait(now, folded))
}

func (g guards) failed(now time.Time, folded string, from netip.Addr) time.Duration {
	at := guard.Place(from)
	return max(g.pair.Count(now, folded+" "+at), g.place.Count(now, at), g.account.Count(now, folded))
}

func (g guards) succeeded(folded string, from netip.Addr) {
	g.pair.Forget(folded + " " + guard.Place(from))
}

// locked is the answer to tries that come too soon.
func locked(wait time.Duration) error {
	return guard.Locked(wait, "Too many wrong tries. Sign-in is locked; try again %s.", guard.In(wait))
}
