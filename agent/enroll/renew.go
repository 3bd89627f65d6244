package enroll

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"sync"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// Session is an accepted connection to the cloud. It is an alias so that every job names the same type without knowing the link.
type Session = interface {
	Conn() domain.ConnID
	// Send checks the size and queues a message; an error means that it did not leave.
	Send(kind wire.Kind, body any) error
	// Reconnect ends this connection.
	Reconnect(why string)
	// CloudTime estimates the cloud's clock with its error bound; false while it is not known.
	CloudTime() (at time.Time, bound time.Duration, ok bool)
}

// Times of renewal. A certificate of 180 days is renewed from day 60 on: one third of its life.
const (
	lookEvery  = time.Hour
	retryFirst = time.Minute
	retryMost  = time.Hour
)

// Renewer keeps the certificate fresh: over the link while it holds, over HTTPS once it has expired.
type Renewer struct {
	cfg   Config
	done  func() // told after a new certificate is stored
	inbox chan wire.Renewed
	kick  chan struct{}

	mu      sync.Mutex
	session Session
}

// NewRenewer makes a Renewer; renewed is called after a new certificate is stored, so that a link that could not connect tries again.
func NewRenewer(cfg Config, renewed func()) *Renewer {
	return &Renewer{cfg: cfg.withDefaults(), done: renewed, inbox: make(chan wire.Renewed, 1), kick: make(chan struct{}, 1)}
}

// Opened begins a session.
func (r *Renewer) Opened(s Session, _ wire.Welcome) { r.set(s) }

// Closed ends the session.
func (r *Renewer) Closed() { r.set(nil) }

func (r *Renewer) set(s Session) {
	r.mu.Lock()
	r.session = s
	r.mu.Unlock()
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// Received takes the cloud's answer to a renewal.
func (r *Renewer) Received(e wire.Envelope) {
	if e.Kind != wire.KindRenewed {
		return
	}
	answer, err := wire.Body[wire.Renewed](e)
	if err != nil {
		r.cfg.Logger.Warn("the answer to a renewal cannot be read", logkey.Err, err)
		return
	}
	select {
	case r.inbox <- answer:
	default:
	}
}

// Run looks at the certificate every hour, on every session and, while it is expired, with a growing pause, until ctx ends.
func (r *Renewer) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	wait := retryFirst
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-r.kick:
		case answer := <-r.inbox:
			if answer.Refuse != "" {
				r.cfg.Logger.Error("the renewal is refused", logkey.Reason, answer.Refuse)
			} else if err := r.store(ctx, answer.Chain); err != nil {
				r.cfg.Logger.Error("the renewed certificate is not usable", logkey.Err, err)
			}
			continue
		}
		expired, err := r.look(ctx)
		if err != nil {
			r.cfg.Logger.Warn("the certificate could not be renewed", logkey.Err, err)
		}
		if !expired {
			wait = retryFirst
			timer.Reset(lookEvery)
			continue
		}
		timer.Reset(wait)
		wait = min(2*wait, retryMost)
	}
}

// due tells whether the certificate is in the last two thirds of its life.
func (id Identity) due(now time.Time) bool {
	leaf, err := id.Leaf()
	return err == nil && now.After(leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore)/3))
}

// look asks for a new certificate when it is time; it tells whether the present one has ended.
func (r *Renewer) look(ctx context.Context) (expired bool, err error) {
	id, claimed, err := r.cfg.Vault.Identity(ctx)
	now := r.cfg.Now()
	if err != nil || !claimed || !id.due(now) {
		return false, err
	}
	expired = id.Expired(now)
	r.mu.Lock()
	session := r.session
	r.mu.Unlock()
	if !expired && session == nil {
		return false, nil
	}
	_, csr, err := r.pending(ctx)
	if err != nil {
		return expired, err
	}
	if session != nil {
		return expired, session.Send(wire.KindRenew, wire.Renew{CSR: csr})
	}
	config, err := id.TLS(id.ServerName, r.cfg.Now)
	if err != nil {
		return expired, err
	}
	var answer wire.RenewAnswer
	if err := post(ctx, config, id.Host, "/renew", wire.Renew{CSR: csr}, &answer); err != nil {
		return expired, err
	}
	if err := r.store(ctx, answer.Chain); err != nil {
		return expired, err
	}
	return false, nil
}

// pending gives the key of the renewal under way. It is on the disk before it is asked for, so that an answer that comes
// after a restart still fits.
func (r *Renewer) pending(ctx context.Context) (*ecdsa.PrivateKey, []byte, error) {
	text, err := r.cfg.Vault.PendingKey(ctx)
	if err != nil {
		return nil, nil, err
	}
	if text != nil {
		key, err := parseKey(secret.New(string(text)))
		if err != nil {
			return nil, nil, err
		}
		csr, err := request(key)
		return key, csr, err
	}
	key, csr, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	fresh, err := keyPEM(key)
	if err != nil {
		return nil, nil, err
	}
	return key, csr, r.cfg.Vault.SavePendingKey(ctx, []byte(fresh.Reveal()))
}

// store checks a new chain against the pending key and makes both the identity's, in one transaction.
func (r *Renewer) store(ctx context.Context, chain [][]byte) error {
	err := r.cfg.Vault.InTx(ctx, func(ctx context.Context) error {
		id, claimed, err := r.cfg.Vault.Identity(ctx)
		if err != nil || !claimed {
			return err
		}
		text, err := r.cfg.Vault.PendingKey(ctx)
		if err != nil {
			return err
		}
		if text == nil {
			return fault.New(fault.Conflict, "No renewal is under way.")
		}
		key, err := parseKey(secret.New(string(text)))
		if err != nil {
			return err
		}
		if err := checkChain(chain, id.Roots, id.Agent, &key.PublicKey, r.cfg.Now()); err != nil {
			return fmt.Errorf("renewed chain: %w", err)
		}
		id.Chain, id.Key = chain, secret.New(string(text))
		if err := r.cfg.Vault.SaveIdentity(ctx, id); err != nil {
			return err
		}
		return r.cfg.Vault.ClearPendingKey(ctx)
	})
	if err != nil {
		return err
	}
	r.cfg.Logger.Info("the certificate is renewed")
	if r.done != nil {
		r.done()
	}
	return nil
}
