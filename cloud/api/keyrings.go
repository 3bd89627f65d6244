package api

import (
	"context"
	"net/http"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Keyring is what a person opens doors with, without the PIN and the numbers of cards.
type Keyring struct {
	HasPIN   bool       `json:"has_pin"`
	PINSince *time.Time `json:"pin_since,omitempty"`
	Cards    []KeyCard  `json:"cards" nullable:"false"`
	Groups   []string   `json:"groups" nullable:"false" doc:"Ids of access groups beside the own doors."`
	OwnDoors bool       `json:"own_doors" doc:"The keys open the doors of the home, or of where the person works, at all times."`
	Revision uint64     `json:"revision" doc:"One more at each change, 0 before any; the ETag."`
}

// KeyCard is one card of a person.
type KeyCard struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Tail string `json:"tail" doc:"The last four digits of its number."`
}

// GivenPIN is the only answer that shows a PIN.
type GivenPIN struct {
	PIN string `json:"pin" doc:"Shown here and never again."`
}

// PINInput is a PIN that somebody chose.
type PINInput struct {
	PIN string `json:"pin,omitempty" doc:"4 to 8 digits that nobody else of the site has. Absent: drawn."`
}

// CardInput is a card as it was read.
type CardInput struct {
	Number string `json:"number" required:"false" doc:"8, 14 or 20 hexadecimal digits, or the 10-digit number. Never answered."`
	Format string `json:"format" required:"false" doc:"hex (8HN), the default, hex_reversed (8HR) or decimal."`
	Name   string `json:"name" required:"false"`
}

// DoorsInput says where the keys of a person open.
type DoorsInput struct {
	Groups   []string `json:"groups" required:"false"`
	OwnDoors *bool    `json:"own_doors,omitempty" doc:"True by default."`
}

// CardPath is one card of a path.
type CardPath struct {
	PersonPath
	Card string `path:"card"`
}

func (a *API) keyrings() {
	const one = "/sites/{site}/people/{person}/keys"
	route(a, http.MethodGet, one, "get-keys", "What a person opens doors with", func(ctx context.Context, in *PersonPath) (*Tagged[Keyring], error) {
		k, err := a.Fleet.Keyring(ctx, in.site(), in.id())
		return showKeyring(k, err)
	}, needs(account.PeopleRead), tag("access"))
	route(a, http.MethodPut, one, "set-key-doors", "Say where the keys of a person open", func(ctx context.Context, in *struct {
		PersonPath
		IfMatch
		Body DoorsInput
	},
	) (*Tagged[Keyring], error) {
		groups, err := in.Body.groups()
		if err != nil {
			return nil, err
		}
		k, err := a.Fleet.SetDoors(ctx, in.site(), in.id(), groups, in.Body.OwnDoors != nil && !*in.Body.OwnDoors)
		return showKeyring(k, err)
	}, needs(account.KeysWrite), tag("access"))
	route(a, http.MethodPost, one+"/pin", "set-pin", "Give a person a PIN", func(ctx context.Context, in *struct {
		PersonPath
		IfMatch
		Body PINInput
	},
	) (*Tagged[GivenPIN], error) {
		k, err := a.Fleet.SetPIN(ctx, in.site(), in.id(), secret.New(in.Body.PIN))
		return tagged(GivenPIN{PIN: k.PIN.Reveal()}, k.Revision, err)
	}, needs(account.KeysWrite), tag("access"))
	route(a, http.MethodDelete, one+"/pin", "delete-pin", "Take the PIN of a person away", func(ctx context.Context, in *struct {
		PersonPath
		IfMatch
	},
	) (*None, error) {
		_, err := a.Fleet.DropPIN(ctx, in.site(), in.id())
		return nil, err
	}, status(http.StatusNoContent), needs(account.KeysWrite), tag("access"))
	a.cards(one + "/cards")
}

func (a *API) cards(list string) {
	route(a, http.MethodPost, list, "add-card", "Give a person a card", func(ctx context.Context, in *struct {
		PersonPath
		IfMatch
		Body CardInput
	},
	) (*Tagged[KeyCard], error) {
		number, err := domain.ParseCard(in.Body.Number, domain.CardFormat(in.Body.Format))
		if err != nil {
			return nil, err
		}
		k, err := a.Fleet.AddCard(ctx, in.site(), in.id(), domain.KeyCard{Number: number, Name: in.Body.Name})
		if err != nil {
			return nil, err
		}
		return tagged(showCard(k.Cards[len(k.Cards)-1]), k.Revision, nil)
	}, status(http.StatusCreated), needs(account.KeysWrite), tag("access"))
	route(a, http.MethodDelete, list+"/{card}", "delete-card", "Take a card from a person", func(ctx context.Context, in *struct {
		CardPath
		IfMatch
	},
	) (*None, error) {
		_, err := a.Fleet.DropCard(ctx, in.site(), in.id(), pathID[domain.CardID](in.Card))
		return nil, err
	}, status(http.StatusNoContent), needs(account.KeysWrite), tag("access"))
}

func (i DoorsInput) groups() ([]domain.AccessGroupID, error) {
	var f fault.Fields
	var out []domain.AccessGroupID
	for _, text := range i.Groups {
		id, err := domain.ParseID[domain.AccessGroupID](text)
		f.Check(err == nil, "groups", "Access groups of this site, each once.")
		out = append(out, id)
	}
	return out, f.Err()
}

func showCard(c domain.KeyCard) KeyCard {
	return KeyCard{ID: c.ID.String(), Name: c.Name, Tail: domain.CardTail(c.Number)}
}

// showKeyring answers a keyring after err of what read or made it.
func showKeyring(k domain.Keyring, err error) (*Tagged[Keyring], error) {
	if err != nil {
		return nil, err
	}
	out := Keyring{HasPIN: !k.PIN.IsZero(), Cards: []KeyCard{}, Groups: []string{}, OwnDoors: !k.NoOwnDoors, Revision: k.Revision}
	if k.PINMilli != 0 {
		since := time.UnixMilli(k.PINMilli).UTC()
		out.PINSince = &since
	}
	for _, c := range k.Cards {
		out.Cards = append(out.Cards, showCard(c))
	}
	for _, g := range k.Groups {
		out.Groups = append(out.Groups, g.String())
	}
	return tagged(out, k.Revision, nil)
}
