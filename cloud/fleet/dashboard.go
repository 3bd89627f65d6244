package fleet

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// SiteNumbers is how one site stands. Devices are counted apart: those that agents write to as Online or Offline, those set up by hand as
// Manual. Open does not hold the newest edit yet, Failed refused it. Found was seen by an agent and is not registered.
type SiteNumbers struct {
	Site                                         domain.SiteID
	Name                                         string
	Kind                                         domain.SiteKind
	Agents, AgentsOnline, AgentsDown             int
	Online, Offline, Manual, Open, Failed, Found int
	DownSince                                    time.Time // when the first of AgentsDown went; zero without one
}

// AccountNumbers counts accounts that are Activated and those that Wait for their first sign-in.
type AccountNumbers struct{ Activated, Waiting int }

// OrgNumbers counts the organisations that were handed out, and those whose owner has not signed in yet.
type OrgNumbers struct{ Distributors, Installers, Waiting int }

// Dashboards counts what the caller of the context may see, in few queries whatever the number of sites.
type Dashboards interface {
	SiteNumbers(ctx context.Context) ([]SiteNumbers, error)
	ManagerNumbers(ctx context.Context) (AccountNumbers, error)
	ResidentNumbers(ctx context.Context) (AccountNumbers, error)
	OrgNumbers(ctx context.Context) (OrgNumbers, error)
}

// HandKind says what needs a hand.
type HandKind string

// What needs a hand, the gravest first.
const (
	AgentOffline    HandKind = "agent_offline"
	ReceiptsFailed  HandKind = "receipts_failed"
	DevicesOffline  HandKind = "devices_offline"
	NoAgent         HandKind = "no_agent"
	DevicesFound    HandKind = "devices_found"
	ReceiptsOpen    HandKind = "receipts_open"
	ManagersWaiting HandKind = "managers_waiting"
	OrgsWaiting     HandKind = "orgs_waiting"
)

var gravest = []HandKind{AgentOffline, ReceiptsFailed, DevicesOffline, NoAgent, DevicesFound, ReceiptsOpen, ManagersWaiting, OrgsWaiting}

// Hand is one thing that needs a hand: N of its kind, at Site unless it is about no site, since Since when that is known.
type Hand struct {
	Kind  HandKind
	Site  domain.SiteID
	Name  string // of the site
	N     int
	Since time.Time
}

// MaxHands is how many things one dashboard names; HandTotal counts the rest too.
const MaxHands = 50

// Dashboard is what there is, and what needs a hand, as far as the caller may see it (DASH-02).
type Dashboard struct {
	Sites                   map[domain.SiteKind]int
	Online, Offline, Manual int // devices
	Agents, AgentsOnline    int
	Managers, Residents     AccountNumbers
	Orgs                    OrgNumbers
	Hand                    []Hand
	HandTotal               int
}

// Dashboard counts what the caller may see. What the caller has no right to read is zero; what it may not mend is not named.
func (s *Service) Dashboard(ctx context.Context) (Dashboard, error) {
	out := Dashboard{Sites: map[domain.SiteKind]int{}}
	caller, ok := account.From(ctx)
	if !ok {
		return out, nil
	}
	if caller.May(account.SitesRead) {
		sites, err := s.cfg.Store.SiteNumbers(ctx)
		if err != nil {
			return out, err
		}
		for _, n := range sites {
			out.add(n, caller)
		}
	}
	if err := s.accounts(ctx, caller, &out); err != nil {
		return out, err
	}
	slices.SortStableFunc(out.Hand, func(a, b Hand) int {
		return cmp.Or(cmp.Compare(slices.Index(gravest, a.Kind), slices.Index(gravest, b.Kind)), cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	out.HandTotal = len(out.Hand)
	out.Hand = out.Hand[:min(len(out.Hand), MaxHands)]
	return out, nil
}

func (s *Service) accounts(ctx context.Context, caller account.Caller, out *Dashboard) (err error) {
	if caller.May(account.ManagersRead) {
		if out.Managers, err = s.cfg.Store.ManagerNumbers(ctx); err != nil {
			return err
		}
		out.hand(ManagersWaiting, SiteNumbers{}, out.Managers.Waiting, time.Time{})
	}
	if caller.May(account.PeopleRead) {
		if out.Residents, err = s.cfg.Store.ResidentNumbers(ctx); err != nil {
			return err
		}
	}
	if caller.May(account.OrgsRead) {
		if out.Orgs, err = s.cfg.Store.OrgNumbers(ctx); err != nil {
			return err
		}
		out.hand(OrgsWaiting, SiteNumbers{}, out.Orgs.Waiting, time.Time{})
	}
	return nil
}

// add counts one site. While no agent is connected, nothing is known of devices, so they are not named beside it.
func (d *Dashboard) add(n SiteNumbers, caller account.Caller) {
	d.Sites[n.Kind]++
	d.Agents += n.Agents
	d.AgentsOnline += n.AgentsOnline
	if caller.May(account.DevicesRead) {
		d.Online += n.Online
		d.Offline += n.Offline
		d.Manual += n.Manual
	}
	if n.Agents == 0 {
		if caller.May(account.AgentsWrite) {
			d.hand(NoAgent, n, 1, time.Time{})
		}
		return
	}
	d.hand(AgentOffline, n, n.AgentsDown, n.DownSince)
	if !caller.May(account.DevicesRead) {
		return
	}
	if n.AgentsOnline > 0 {
		d.hand(DevicesOffline, n, n.Offline, time.Time{})
	}
	d.hand(ReceiptsFailed, n, n.Failed, time.Time{})
	d.hand(ReceiptsOpen, n, n.Open, time.Time{})
	if caller.May(account.DevicesWrite) {
		d.hand(DevicesFound, n, n.Found, time.Time{})
	}
}

func (d *Dashboard) hand(kind HandKind, at SiteNumbers, n int, since time.Time) {
	if n > 0 {
		d.Hand = append(d.Hand, Hand{Kind: kind, Site: at.Site, Name: at.Name, N: n, Since: since})
	}
}
