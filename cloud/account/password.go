package account

import (
	"context"
	"runtime"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Lengths of a password in characters. From LongPassword on, length alone is enough.
const (
	MinPassword  = 8
	LongPassword = 15
	MaxPassword  = 64
)

// checkPassword notes a fault at path unless the password may be used.
func checkPassword(f *fault.Fields, path string, password secret.String) {
	text := password.Reveal()
	n := utf8.RuneCountInString(text)
	var letter, digit bool
	for _, r := range text {
		letter = letter || unicode.IsLetter(r)
		digit = digit || unicode.IsDigit(r)
	}
	f.Check(n >= MinPassword && n <= MaxPassword && utf8.ValidString(text), path, "%d to %d characters.", MinPassword, MaxPassword)
	f.Check(n >= LongPassword || letter && digit, path, "At least a letter and a digit, or %d characters.", LongPassword)
}

// Passwords hashes with argon2id. One hash takes 19 MiB, so a few at a time only; the rest wait, and too many waiting are sent away.
type Passwords struct {
	params  *argon2id.Params
	nobody  secret.String // a hash that no password matches, for accounts that do not exist
	working chan struct{}
	waiting chan struct{}
	worked  atomic.Int64 // how many hashes were made or compared: tests count work instead of time
}

// maxWaiting bounds how many sign-ins wait for a free place.
const maxWaiting = 64

// HashCost is the work of one hash; zero is that of the service, 19 MiB and two passes (OWASP's second choice for argon2id). Only tests that
// make many accounts take another.
type HashCost struct {
	Memory uint32 // KiB
	Passes uint32
}

// NewPasswords makes the hasher, with one lane.
func NewPasswords(cost HashCost) (*Passwords, error) {
	if cost == (HashCost{}) {
		cost = HashCost{Memory: 19 * 1024, Passes: 2}
	}
	p := &Passwords{
		params:  &argon2id.Params{Memory: cost.Memory, Iterations: cost.Passes, Parallelism: 1, SaltLength: 16, KeyLength: 32},
		working: make(chan struct{}, max(1, min(4, runtime.GOMAXPROCS(0)))),
		waiting: make(chan struct{}, maxWaiting),
	}
	nobody, err := argon2id.CreateHash(secret.Random(32).Reveal(), p.params)
	p.nobody = secret.New(nobody)
	return p, err
}

// enter waits for a place; leave gives it back.
func (p *Passwords) enter(ctx context.Context) error {
	select {
	case p.waiting <- struct{}{}:
	default:
		return fault.New(fault.Unavailable, "Too many people are signing in. Try again in a moment.")
	}
	defer func() { <-p.waiting }()
	select {
	case p.working <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Passwords) leave() { <-p.working }

// Hash makes the argon2id hash of a password in PHC form.
func (p *Passwords) Hash(ctx context.Context, password secret.String) (secret.String, error) {
	if err := p.enter(ctx); err != nil {
		return secret.String{}, err
	}
	defer p.leave()
	p.worked.Add(1)
	text, err := argon2id.CreateHash(password.Reveal(), p.params)
	return secret.New(text), err
}

// matches compares; the work is the same for every password and every hash of ours.
func (p *Passwords) matches(ctx context.Context, password, hash secret.String) (bool, error) {
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	p.worked.Add(1)
	return argon2id.ComparePasswordAndHash(password.Reveal(), hash.Reveal())
}
