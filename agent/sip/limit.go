package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// buckets are token buckets by name, bounded in number: when there are too many, full ones go first.
type buckets[K comparable] struct {
	burst, perSec float64

	mu    sync.Mutex
	all   map[K]bucket
	swept time.Time
}

type bucket struct {
	tokens float64
	at     time.Time
}

const mostBuckets = 4096

func newBuckets[K comparable](burst, perSec float64) *buckets[K] {
	return &buckets[K]{burst: burst, perSec: perSec, all: map[K]bucket{}}
}

// take tells whether name may go on now.
func (b *buckets[K]) take(name K, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, known := b.all[name]
	if !known {
		if len(b.all) >= mostBuckets && !b.drop(now) {
			return false
		}
		one = bucket{tokens: b.burst, at: now}
	}
	one.tokens = min(b.burst, one.tokens+b.perSec*now.Sub(one.at).Seconds())
	one.at = now
	ok := one.tokens >= 1
	if ok {
		one.tokens--
	}
	b.all[name] = one
	return ok
}

// drop forgets buckets that are full again. It looks once a second at most: a flood of names must not cost a look each.
func (b *buckets[K]) drop(now time.Time) bool {
	if now.Sub(b.swept) < time.Second {
		return false
	}
	b.swept = now
	for name, one := range b.all {
		if one.tokens+b.perSec*now.Sub(one.at).Seconds() >= b.burst {
			delete(b.all, name)
		}
	}
	return len(b.all) < mostBuckets
}

// Words of security events.
const (
	noteWrongDigest   = "wrong_digest"
	noteUnknownUser   = "unknown_user"
	noteUnknownCaller = "unknown_caller"
	noteSpoofedInfo   = "spoofed_info"
	noteSpoofedBye    = "spoofed_bye"
	noteScanner       = "sip_scanner"
	noteFlood         = "sip_flood"
	noteCarrier       = "carrier_call" // the carrier wants to call somebody: nothing from there begins a call
)

// noDevice is for notes about nobody of the document.
var noDevice domain.DeviceID

// note writes a security event, at most a few a minute from one source and of one kind.
func (s *Server) note(what string, source netip.AddrPort, device domain.DeviceID) {
	s.log.Warn("refused", slog.String(logkey.Kind, what), slog.String(logkey.Addr, source.String()))
	if !s.notes.take(what+" "+source.Addr().String(), s.cfg.Now()) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Timers.Store)
	defer cancel()
	body := domain.NoteBody{What: what, DeviceID: device, Detail: source.String()}
	if err := s.cfg.Log.Append(ctx, domain.EventSecurity, body); err != nil {
		s.log.Error("event lost", slog.String(logkey.Kind, what), slog.Any(logkey.Err, err))
	}
}
