package fleet

import (
	"context"
	"slices"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Keyrings keeps what people open doors with; PINs and cards are sealed at rest.
type Keyrings interface {
	// Keyring gives the keyring of a person with its PIN and cards; NotFound before any.
	Keyring(ctx context.Context, site domain.SiteID, person domain.PersonID) (domain.Keyring, error)
	PutKeyring(ctx context.Context, keyring domain.Keyring, at time.Time) error // Conflict when somebody else has one of its keys
	// KeyHolder gives who of a site has a key; zero when nobody.
	KeyHolder(ctx context.Context, site domain.SiteID, key Key) (domain.PersonID, error)
	DropKeyrings(ctx context.Context, site domain.SiteID, people ...domain.PersonID) error
}

// Key is one PIN or card.
type Key struct {
	Kind  string // pin or card
	Value secret.String
}

// KeysOf lists the keys of a keyring.
func KeysOf(k domain.Keyring) []Key {
	var out []Key
	if !k.PIN.IsZero() {
		out = append(out, Key{"pin", k.PIN})
	}
	for _, c := range k.Cards {
		out = append(out, Key{"card", c.Number})
	}
	return out
}

// keyringShown is what the audit keeps of a keyring: never a PIN or the number of a card.
type keyringShown struct {
	Person     string
	PIN        string // when it was set; empty: none
	Cards      []string
	Groups     []domain.AccessGroupID
	NoOwnDoors bool
}

func shownKeyring(person domain.Person, k domain.Keyring) keyringShown {
	out := keyringShown{Person: strings.TrimSpace(person.FirstName + " " + person.LastName), Groups: k.Groups, NoOwnDoors: k.NoOwnDoors}
	if !k.PIN.IsZero() {
		out.PIN = "set " + time.UnixMilli(k.PINMilli).UTC().Format(time.RFC3339)
	}
	for _, c := range k.Cards {
		out.Cards = append(out.Cards, strings.TrimSpace(c.Name+" …"+domain.CardTail(c.Number)))
	}
	return out
}

// Keyring gives the keyring of a person; an empty one before any. Nothing outside the service reveals its PIN and cards.
func (s *Service) Keyring(ctx context.Context, site domain.SiteID, person domain.PersonID) (domain.Keyring, error) {
	if _, err := s.cfg.Store.Person(ctx, site, person); err != nil {
		return domain.Keyring{}, err
	}
	k, err := s.cfg.Store.Keyring(ctx, site, person)
	_, err = exists(err)
	return k, err
}

// SetPIN gives a person a PIN in the place of the one before; a zero one is drawn. It is told here and never again.
func (s *Service) SetPIN(ctx context.Context, site domain.SiteID, person domain.PersonID, pin secret.String) (domain.Keyring, error) {
	return s.editKeyring(ctx, site, person, func(ctx context.Context, e *edit, k *domain.Keyring) error {
		var f faults
		if pin.IsZero() {
			var err error
			if pin, err = s.drawPIN(ctx, e); err != nil {
				return err
			}
		}
		domain.CheckPIN(&f.invalid, "pin", pin)
		holder, err := s.cfg.Store.KeyHolder(ctx, site, Key{"pin", pin})
		f.taken.Check(holder.IsZero() || holder == person, "pin", "This PIN cannot be used at this site. Choose another.")
		if err != nil {
			return err
		}
		k.PIN, k.PINMilli = pin, e.at.UnixMilli()
		return f.Err()
	})
}

// drawPIN draws a PIN that nobody of the site has.
func (s *Service) drawPIN(ctx context.Context, e *edit) (secret.String, error) {
	for {
		pin := domain.NewPIN()
		holder, err := s.cfg.Store.KeyHolder(ctx, e.site, Key{"pin", pin})
		if err != nil || holder.IsZero() {
			return pin, err
		}
	}
}

// DropPIN takes the PIN of a person away.
func (s *Service) DropPIN(ctx context.Context, site domain.SiteID, person domain.PersonID) (domain.Keyring, error) {
	return s.editKeyring(ctx, site, person, func(_ context.Context, _ *edit, k *domain.Keyring) error {
		k.PIN, k.PINMilli = secret.String{}, 0
		return nil
	})
}

// AddCard gives a person a card, whose number is canonical.
func (s *Service) AddCard(ctx context.Context, site domain.SiteID, person domain.PersonID, card domain.KeyCard) (domain.Keyring, error) {
	return s.editKeyring(ctx, site, person, func(ctx context.Context, e *edit, k *domain.Keyring) error {
		var f faults
		card.ID = domain.NewID[domain.CardID](e.at)
		holder, err := s.cfg.Store.KeyHolder(ctx, site, Key{"card", card.Number})
		switch {
		case err != nil:
			return err
		case holder == person:
			f.taken.Add("number", "This person has this card already.")
		case !holder.IsZero():
			f.taken.Add("number", "Somebody else of this site has this card. Take it from that person first.")
		}
		k.Cards = append(slices.Clone(k.Cards), card)
		f.form(k.Validate())
		return f.Err()
	})
}

// DropCard takes a card from a person.
func (s *Service) DropCard(ctx context.Context, site domain.SiteID, person domain.PersonID, id domain.CardID) (domain.Keyring, error) {
	return s.editKeyring(ctx, site, person, func(_ context.Context, _ *edit, k *domain.Keyring) error {
		at := slices.IndexFunc(k.Cards, func(c domain.KeyCard) bool { return c.ID == id })
		if at < 0 {
			return fault.New(fault.NotFound, "This card does not exist.")
		}
		k.Cards = slices.Delete(slices.Clone(k.Cards), at, at+1)
		return nil
	})
}

// SetDoors says where the keys of a person open: at the own doors or not, and by which access groups.
func (s *Service) SetDoors(ctx context.Context, site domain.SiteID, person domain.PersonID, groups []domain.AccessGroupID, noOwn bool) (domain.Keyring, error) {
	return s.editKeyring(ctx, site, person, func(ctx context.Context, e *edit, k *domain.Keyring) error {
		var f fault.Fields
		for i, id := range groups {
			_, err := s.cfg.Store.AccessGroup(ctx, site, id)
			found, err := exists(err)
			if err != nil {
				return err
			}
			f.Check(found && slices.Index(groups, id) == i, "groups", "Access groups of this site, each once.")
		}
		k.Groups, k.NoOwnDoors = groups, noOwn
		return f.Err()
	})
}

// editKeyring changes the keyring of a person in one edit: row, document and audit.
func (s *Service) editKeyring(
	ctx context.Context, site domain.SiteID, id domain.PersonID, change func(ctx context.Context, e *edit, k *domain.Keyring) error,
) (after domain.Keyring, err error) {
	err = s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		person, err := s.cfg.Store.Person(ctx, site, id)
		if err != nil {
			return err
		}
		if err := s.mayGiveKeys(ctx, site, person); err != nil {
			return err
		}
		before, err := s.cfg.Store.Keyring(ctx, site, id)
		had, err := exists(err)
		if err != nil {
			return err
		}
		after = before
		if after.Revision, err = account.Revise(ctx, before.Revision); err != nil {
			return err
		}
		if err := change(ctx, e, &after); err != nil {
			return err
		}
		if err := after.Validate(); err != nil {
			return err
		}
		if err := s.cfg.Store.PutKeyring(ctx, after, e.at); err != nil {
			return err
		}
		if err := e.put(desired.SectionKeyrings, id, after); err != nil {
			return err
		}
		if !had {
			return e.record(ctx, audit.Created, "keyring", id, nil, shownKeyring(person, after))
		}
		return e.record(ctx, audit.Changed, "keyring", id, shownKeyring(person, before), shownKeyring(person, after))
	})
	return after, err
}

// mayGiveKeys refuses people whom nobody has placed, and managers whose community keeps private doors from them (SITE-15).
func (s *Service) mayGiveKeys(ctx context.Context, site domain.SiteID, person domain.Person) error {
	if err := s.mayChange(ctx, site, person); err != nil {
		return err
	}
	if !person.Placed() {
		return fault.New(fault.Conflict, "This person has no place at the site yet, so there is no door to open.")
	}
	of, err := s.cfg.Store.Site(ctx, site)
	if err != nil {
		return err
	}
	if caller, ok := account.From(ctx); ok && caller.Role == account.RoleManager && of.Form.Access == domain.PublicOnly {
		return fault.New(fault.Forbidden, "At this site the installer gives PINs and cards: managers handle public doors only.")
	}
	return nil
}

// dropKeyring takes everything that a person opens doors with away, in an edit that tells of it.
func (s *Service) dropKeyring(ctx context.Context, e *edit, id domain.PersonID) error {
	e.remove(desired.SectionKeyrings, id)
	return s.cfg.Store.DropKeyrings(ctx, e.site, id)
}
