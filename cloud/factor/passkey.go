package factor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

// Bounds of passkeys.
const (
	CeremonyFor    = 5 * time.Minute  // from the first step to the second
	Fresh          = 15 * time.Minute // how old a sign-in may be to add a way to sign in without the password
	MaxPasskeys    = 20               // of one account
	MaxPasskeyName = 64
	maxCredential  = 64 << 10 // bytes of an answer of a browser
)

// Passkey is a key of a device or a password manager with which its owner signs in without a password (WebAuthn).
type Passkey struct {
	ID         domain.PasskeyID
	Account    domain.AccountID
	Handle     []byte // of the account, as authenticators know it
	Credential []byte // id that the authenticator gave it
	Record     []byte // JSON of the credential record: public key, counter, flags
	Name       string
	CreatedAt  time.Time
	UsedAt     time.Time // zero: never
}

// Ceremony is what the service remembers between the two steps of making or using a passkey. The row holds only the hash of its token.
type Ceremony struct {
	Hash      []byte
	Account   domain.AccountID // zero for a sign-in: nobody is known yet
	Kind      CeremonyKind
	Data      []byte // JSON of the challenge and what was asked for
	ExpiresAt time.Time
}

// CeremonyKind says what a ceremony is for.
type CeremonyKind string

// Kinds of ceremonies.
const (
	Registering CeremonyKind = "register"
	SigningIn   CeremonyKind = "sign_in"
)

// Begun is the first step: Token belongs into the second one, Options into the browser's credentials.create or credentials.get.
type Begun struct {
	Token   secret.String
	Options json.RawMessage
}

// relyingParty makes the library's part; nil when the address has no host name.
func relyingParty(address *url.URL) (*webauthn.WebAuthn, error) {
	host := address.Hostname()
	if host == "" || net.ParseIP(host) != nil {
		return nil, nil //nolint:nilnil // no passkeys is an answer, no fault
	}
	asked := webauthn.TimeoutConfig{Timeout: CeremonyFor, TimeoutUVD: CeremonyFor}
	return webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: Issuer, RPOrigins: []string{address.Scheme + "://" + address.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		// The store's expiry is what ends a ceremony: the library would ask its own clock.
		Timeouts: webauthn.TimeoutsConfig{Login: asked, Registration: asked},
	})
}

// owner is an account as the library sees it.
type owner struct {
	handle []byte
	name   string
	words  string
	keys   []webauthn.Credential
}

// WebAuthnID gives the handle.
func (o owner) WebAuthnID() []byte { return o.handle }

// WebAuthnName gives what tells accounts of one person apart.
func (o owner) WebAuthnName() string { return o.name }

// WebAuthnDisplayName gives the person's name.
func (o owner) WebAuthnDisplayName() string { return o.words }

// WebAuthnCredentials gives the keys.
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

func newOwner(a account.Account, handle []byte, keys []Passkey) (owner, error) {
	o := owner{handle: handle, name: a.Email, words: a.Name}
	if o.name == "" {
		o.name = a.Username
	}
	for _, k := range keys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Record, &c); err != nil {
			return o, fmt.Errorf("read passkey %s: %w", k.ID, err)
		}
		o.keys = append(o.keys, c)
	}
	return o, nil
}

var errNoHost = fault.New(fault.Conflict, "Passkeys need a host name, and this service is reached by a number. Set a public address with a name.")

// inPerson wants the password unless the sign-in is fresh: a session left open on a desk must not become a key that stays.
func (s *Service) inPerson(ctx context.Context, a account.Account, fresh bool, password secret.String) error {
	if fresh && password.IsZero() {
		return nil
	}
	if password.IsZero() {
		return at("password", "The sign-in is older than 15 minutes. Type the password.")
	}
	return s.cfg.Confirm(ctx, a, password)
}

// BeginPasskey is the first step of making a passkey. A sign-in older than Fresh needs the password.
func (s *Service) BeginPasskey(ctx context.Context, a account.Account, fresh bool, password secret.String) (Begun, error) {
	if s.web == nil {
		return Begun{}, errNoHost
	}
	if err := s.inPerson(ctx, a, fresh, password); err != nil {
		return Begun{}, err
	}
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	handle, err := s.cfg.Store.PasskeyHandle(ctx, a.ID, raw[:])
	if err != nil {
		return Begun{}, err
	}
	keys, err := s.cfg.Store.Passkeys(ctx, a.ID)
	if err != nil {
		return Begun{}, err
	}
	if len(keys) >= MaxPasskeys {
		return Begun{}, fault.New(fault.Limit, "An account holds at most %d passkeys. Remove one first.", MaxPasskeys)
	}
	o, err := newOwner(a, handle, keys)
	if err != nil {
		return Begun{}, err
	}
	options, data, err := s.web.BeginRegistration(o, webauthn.WithExclusions(webauthn.Credentials(o.keys).CredentialDescriptors()))
	if err != nil {
		return Begun{}, fmt.Errorf("begin a passkey: %w", err)
	}
	return s.remember(ctx, Registering, a.ID, options.Response, data)
}

// remember keeps a ceremony and gives what the browser needs.
func (s *Service) remember(ctx context.Context, kind CeremonyKind, a domain.AccountID, options any, data *webauthn.SessionData) (Begun, error) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	kept, err := json.Marshal(data)
	if err != nil {
		return Begun{}, fmt.Errorf("begin a passkey: %w", err)
	}
	shown, err := json.Marshal(options)
	if err != nil {
		return Begun{}, fmt.Errorf("begin a passkey: %w", err)
	}
	now := s.now()
	err = s.cfg.Store.SaveCeremony(ctx, Ceremony{Hash: ceremonyHash(token), Account: a, Kind: kind, Data: kept, ExpiresAt: now.Add(CeremonyFor)}, now)
	return Begun{Token: secret.New(token), Options: shown}, err
}

func ceremonyHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// errCeremony answers second steps without a first one; used, expired and foreign ones are the same.
var errCeremony = fault.New(fault.Expired, "This took too long, or was done already. Begin again.")

// take uses a ceremony up.
func (s *Service) take(ctx context.Context, token secret.String, kind CeremonyKind, a domain.AccountID) (webauthn.SessionData, error) {
	var data webauthn.SessionData
	c, err := s.cfg.Store.TakeCeremony(ctx, ceremonyHash(token.Reveal()), s.now())
	if fault.CodeOf(err) == fault.NotFound || err == nil && (c.Kind != kind || c.Account != a) {
		return data, errCeremony
	}
	if err != nil {
		return data, err
	}
	return data, json.Unmarshal(c.Data, &data)
}

// AddPasskey is the second step of making a passkey: credential is the browser's answer as JSON (RegistrationResponseJSON).
func (s *Service) AddPasskey(ctx context.Context, a account.Account, ceremony secret.String, name string, credential []byte) (Passkey, error) {
	if s.web == nil {
		return Passkey{}, errNoHost
	}
	if err := checkName(name); err != nil {
		return Passkey{}, err
	}
	data, err := s.take(ctx, ceremony, Registering, a.ID)
	if err != nil {
		return Passkey{}, err
	}
	made, err := s.registered(a, data, credential)
	if err != nil {
		return Passkey{}, err
	}
	record, err := json.Marshal(made)
	if err != nil {
		return Passkey{}, fmt.Errorf("write a passkey: %w", err)
	}
	now := s.now()
	p := Passkey{ID: domain.NewID[domain.PasskeyID](now), Account: a.ID, Credential: made.ID, Record: record, Name: name, CreatedAt: now}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Store.SavePasskey(ctx, p); err != nil {
			return err
		}
		return s.changed(ctx, a, audit.Entry{Action: audit.Created, Object: "passkey", ObjectID: p.ID, ObjectName: p.Name}, "passkey")
	})
	return p, err
}

// registered checks a browser's answer against what was asked.
func (s *Service) registered(a account.Account, data webauthn.SessionData, answer []byte) (*webauthn.Credential, error) {
	refused := at("credential", "The browser's answer is not the passkey that was asked for. Begin again.")
	if len(answer) > maxCredential {
		return nil, refused
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, refused
	}
	made, err := s.web.CreateCredential(owner{handle: data.UserID, name: a.Email, words: a.Name}, data, parsed)
	if err != nil {
		s.cfg.Logger.Warn("passkey not made", logkey.Account, a.ID.String(), logkey.Reason, reasonOf(err))
		return nil, refused
	}
	return made, nil
}

// reasonOf tells why the library refused, for the log; people are told nothing of it.
func reasonOf(err error) string {
	var why *protocol.Error
	if errors.As(err, &why) {
		return why.Details
	}
	return err.Error()
}

// Passkeys lists the keys of an account, oldest first.
func (s *Service) Passkeys(ctx context.Context, a domain.AccountID) ([]Passkey, error) {
	return s.cfg.Store.Passkeys(ctx, a)
}

// RemovePasskey takes a key away; NotFound when the account has no such key. It needs the password.
func (s *Service) RemovePasskey(ctx context.Context, a account.Account, id domain.PasskeyID, password secret.String) error {
	if err := s.cfg.Confirm(ctx, a, password); err != nil {
		return err
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		p, err := s.cfg.Store.DeletePasskey(ctx, a.ID, id)
		if err != nil {
			return err
		}
		return s.changed(ctx, a, audit.Entry{Action: audit.Deleted, Object: "passkey", ObjectID: p.ID, ObjectName: p.Name}, "passkey")
	})
}

func checkName(name string) error {
	var f fault.Fields
	f.Check(name != "" && strings.TrimSpace(name) == name, "name", "A name is needed, without blanks at the start or the end.")
	f.Check(utf8.RuneCountInString(name) <= MaxPasskeyName, "name", "At most %d characters.", MaxPasskeyName)
	f.Check(utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }), "name", "Only printable characters.")
	return f.Err()
}
