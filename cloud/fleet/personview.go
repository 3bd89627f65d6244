package fleet

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// PersonView is a person with what lists and forms show beside it.
type PersonView struct {
	domain.Person
	CreatedAt  time.Time
	Site       domain.Site
	Home       *HomeView      // nil: lives in none
	Department string         // name
	Company    string         // name
	Account    *PersonAccount // nil: has none
	Members    int            // family members of a master
	Locks      []Lock         // of one person alone; lists have none
}

// HomeView is the home of a person.
type HomeView struct {
	domain.Apartment
	Building string // name
}

// FreeMembers is how many family members of the home cost nothing (PEOPLE-11, PEOPLE-20).
func (h HomeView) FreeMembers() int { return freeMembers(h.Apartment) }

// PersonAccount is what a list shows of an account.
type PersonAccount struct {
	Email       string
	ActivatedAt time.Time // zero: the activation link was not used
}

// Standing is the state of what is paid for (PEOPLE-34, PEOPLE-05).
type Standing string

// Standings. Off is of the landline service alone.
const (
	Inactivated Standing = "inactivated"
	Normal      Standing = "normal"
	Expired     Standing = "expired"
	Off         Standing = "off"
)

// AppState tells whether an app was ever signed in to (PEOPLE-34).
type AppState string

// App states.
const (
	Unregistered AppState = "unregistered"
	Registered   AppState = "registered"
)

// Active is the standing of the person's account at now: a member beyond the free ones is inactivated until paid for (PEOPLE-11).
func (v PersonView) Active(now time.Time) Standing {
	if v.Home == nil || v.Form.Unpaid || v.Home.Service.ActivatedMilli == 0 {
		return Inactivated
	}
	return until(v.Home.Service.ExpiresMilli, now)
}

func until(milli int64, now time.Time) Standing {
	if milli != 0 && milli <= now.UnixMilli() {
		return Expired
	}
	return Normal
}

// App tells whether the person has signed in to the app.
func (v PersonView) App() AppState {
	if v.Account != nil && !v.Account.ActivatedAt.IsZero() || v.Kind == domain.Master && v.Home != nil && v.Home.Service.RegisteredMilli != 0 {
		return Registered
	}
	return Unregistered
}

// Landline is the standing of the landline service at now (PEOPLE-05): of the home, or of somebody who works.
func (v PersonView) Landline(now time.Time) Standing {
	switch {
	case v.Home != nil && v.Home.Service.LandlineOff, v.Works() && !v.Form.Landline, !v.Works() && !v.Site.Form.HasLandline():
		return Off
	case v.Home == nil || v.Home.Service.LandlineMilli == 0:
		return Inactivated
	}
	return until(v.Home.Service.LandlineMilli, now)
}

// Payment tells why a person must be paid for before it can be used; empty when nothing is to be paid (PEOPLE-11).
func (v PersonView) Payment() string {
	if !v.Form.Unpaid {
		return ""
	}
	free := domain.FreeFamilyMembers
	if v.Home != nil {
		free = freeMembers(v.Home.Apartment)
	}
	return fmt.Sprintf("%d family members of a home are free. This one needs the service Additional App; until it is paid for, the account stays inactivated.", free)
}

// Lock is a field that the caller cannot change now, and why. An empty path locks the whole person.
type Lock struct{ Path, Reason string }

// locks tells what of a person is locked for the caller (PEOPLE-12, PEOPLE-15, PEOPLE-16).
func (s *Service) locks(ctx context.Context, p domain.Person) ([]Lock, error) {
	var out []Lock
	if !p.Placed() && byInstaller(ctx) {
		out = append(out, Lock{"", notPlaced})
	}
	if p.Kind == domain.Member && p.Email != "" {
		out = append(out, Lock{"email", memberEmail})
	}
	if s.cfg.Residents == nil {
		return out, nil
	}
	linked, err := s.cfg.Residents.Linked(ctx, p.ID)
	if err == nil && linked {
		for _, path := range []string{"phone", "email", "form.country"} {
			out = append(out, Lock{path, account.SharedLock})
		}
	}
	return out, err
}

const memberEmail = "The e-mail address of a family member cannot be changed. Delete the member and add a new one."
