package fleet

import (
	"context"
	"slices"
	"strconv"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// MACOrigin tells who registered a MAC of a library.
type MACOrigin string

// Origins, the weakest first. While the gate "MAC registration" of an installer is on, only what its distributor registered may be added to
// a site; what the installer added itself counts for single-family sites alone (MAC-01 against MAC-04).
const (
	ByDevice      MACOrigin = "device"      // by adding a device while the gate was off; goes with the device
	ByInstaller   MACOrigin = "installer"   // by hand, by a pasted list or by a file
	ByDistributor MACOrigin = "distributor" // or by the operator
)

// origins ranks what stands above what: registering again raises the origin, never lowers it.
var origins = []MACOrigin{ByDevice, ByInstaller, ByDistributor}

// Below lists the origins that o stands above.
func (o MACOrigin) Below() []MACOrigin { return origins[:max(0, slices.Index(origins, o))] }

// MaxMACs is the most MACs that are registered at once.
const MaxMACs = 5000

// LibraryMAC is a MAC of an installer's library. Device and site are named to those who may see the site; Bound tells everybody.
type LibraryMAC struct {
	MAC     domain.MAC
	Org     domain.OrgID
	OrgName string
	Origin  MACOrigin
	AddedAt time.Time
	Bound   bool

	Device     domain.DeviceID
	DeviceName string
	Site       domain.SiteID
	SiteName   string
}

// MACHolder is whose a MAC is.
type MACHolder struct {
	Org    domain.OrgID
	Origin MACOrigin
}

// MACEntry is MACs on their way into the library of an installer.
type MACEntry struct {
	MACs   []domain.MAC
	Org    domain.OrgID
	By     domain.AccountID // zero: the service's own work
	Origin MACOrigin
	At     time.Time
}

// MACs keeps the libraries: one MAC, one owner.
type MACs interface {
	// ListMACs lists the libraries that the caller may see: the own one of an installer, those of its installers for a distributor. Filters: org,
	// bound (yes, no). Orders: mac, created.
	ListMACs(ctx context.Context, page Page) (List[LibraryMAC], error)
	// LibraryMAC gives one MAC of the libraries that the caller may see; in a transaction it is locked until the end.
	LibraryMAC(ctx context.Context, mac domain.MAC) (LibraryMAC, error)
	// Library gives an installer organisation whose library the caller may see.
	Library(ctx context.Context, org domain.OrgID) (account.Org, error)
	// MACHolders tells whose MACs are, whoever asks; what nobody holds is absent. They are locked until the end of the transaction.
	MACHolders(ctx context.Context, macs []domain.MAC) (map[domain.MAC]MACHolder, error)
	// RegisterMACs adds what nobody holds, and raises the origin of what the organisation holds already. What others hold stays theirs.
	RegisterMACs(ctx context.Context, entry MACEntry) error
	DropMAC(ctx context.Context, mac domain.MAC) error
	// FreeMAC drops a MAC that was registered by the adding of a device.
	FreeMAC(ctx context.Context, mac domain.MAC) error
	// ForgetHardware drops what a device told of itself: its hardware is another one.
	ForgetHardware(ctx context.Context, site domain.SiteID, device domain.DeviceID) error
}

const (
	heldElsewhere = "Another owner has registered this MAC."
	notInLibrary  = "This MAC is not in your MAC library. Ask your distributor to register it, or add it there first."
	notByYou      = "You added this MAC yourself, which counts for single-family sites. Ask your distributor to register it."
)

// bindMAC checks a MAC that is new to a device (DEV-03): with the gate "MAC registration" of the site's organisation it must be in its library,
// without it the adding registers it. A MAC of another owner is Conflict whatever the gate, and nothing tells whose it is. The MAC is locked until
// the edit ends, so that nobody removes or takes it meanwhile.
func (s *Service) bindMAC(ctx context.Context, e *edit, mac domain.MAC, f *faults) error {
	if mac == "" {
		return nil // Validate tells of it
	}
	site, err := s.cfg.Store.Site(ctx, e.site)
	if err != nil {
		return err
	}
	gates, err := s.gates(ctx, e.site)
	if err != nil {
		return err
	}
	if !gates.MACRegistration {
		entry := MACEntry{MACs: []domain.MAC{mac}, Org: site.OrgID, By: actor(ctx), Origin: ByDevice, At: e.at}
		if err := s.cfg.Store.RegisterMACs(ctx, entry); err != nil {
			return err
		}
	}
	holders, err := s.cfg.Store.MACHolders(ctx, []domain.MAC{mac})
	if err != nil {
		return err
	}
	taken, err := s.cfg.Store.MACTaken(ctx, mac, domain.DeviceID{})
	if err != nil {
		return err
	}
	holder, held := holders[mac]
	switch {
	case held && holder.Org != site.OrgID:
		f.taken.Add("mac", heldElsewhere)
	case taken:
		f.taken.Add("mac", "Another device has this MAC.")
	case !held:
		f.invalid.Add("mac", notInLibrary)
	case gates.MACRegistration && holder.Origin == ByInstaller:
		f.invalid.Check(site.Kind == domain.SingleHome, "mac", notByYou)
	}
	return nil
}

// actor gives the account that acts; zero for the service's own work.
func actor(ctx context.Context) domain.AccountID {
	caller, _ := account.From(ctx)
	return caller.Account
}

// followDevice does what a changed device means for others: its MAC (DEV-29) and the cameras that are linked to it.
func (s *Service) followDevice(ctx context.Context, e *edit, before, after *domain.Device) error {
	if before == nil {
		return nil
	}
	if before.MAC != after.MAC {
		if err := s.swapMAC(ctx, before, after); err != nil {
			return err
		}
	}
	if err := s.forgetDoors(ctx, e, after.ID, after); err != nil {
		return err
	}
	return s.unlinkCameras(ctx, e, after.ID, after)
}

// swapMAC follows the change of a device's MAC: the device keeps its id, events and audit, the old MAC becomes free, and what the old hardware told
// of itself is not shown as the new one's.
func (s *Service) swapMAC(ctx context.Context, before, after *domain.Device) error {
	if err := s.cfg.Store.FreeMAC(ctx, before.MAC); err != nil {
		return err
	}
	return s.cfg.Store.ForgetHardware(ctx, after.SiteID, after.ID)
}

// MACs lists the libraries that the caller may see (MAC-02).
func (s *Service) MACs(ctx context.Context, page Page) (List[LibraryMAC], error) {
	return s.cfg.Store.ListMACs(ctx, page)
}

// MACOutcome says what became of a MAC that was to be registered.
type MACOutcome string

// Outcomes.
const (
	MACAdded     MACOutcome = "added"
	MACDuplicate MACOutcome = "duplicate" // in this library already, or twice in the list
	MACRefused   MACOutcome = "refused"   // another owner has it
)

// RegisteredMAC is one line of the answer to a list of MACs.
type RegisteredMAC struct {
	MAC     domain.MAC
	Outcome MACOutcome
}

// RegisterMACs adds MACs to the library of an installer, the caller's own for a zero org (MAC-01, MAC-04), and answers line by line. A text that is
// no MAC refuses the whole list, at its path.
func (s *Service) RegisterMACs(ctx context.Context, org domain.OrgID, texts []MACText) ([]RegisteredMAC, error) {
	macs, err := readMACs(texts)
	if err != nil {
		return nil, err
	}
	var out []RegisteredMAC
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		library, err := s.libraryOf(ctx, org)
		if err != nil {
			return err
		}
		before, err := s.cfg.Store.MACHolders(ctx, macs)
		if err != nil {
			return err
		}
		entry := MACEntry{MACs: macs, Org: library.ID, By: actor(ctx), Origin: ByInstaller, At: s.now()}
		if caller, ok := account.From(ctx); !ok || caller.Role == account.RoleOperator || caller.Role == account.RoleDistributor {
			entry.Origin = ByDistributor
		}
		if err := s.cfg.Store.RegisterMACs(ctx, entry); err != nil {
			return err
		}
		after, err := s.cfg.Store.MACHolders(ctx, macs) // who was quicker has it
		if err != nil {
			return err
		}
		var added []domain.MAC
		out, added = outcomes(macs, library.ID, before, after)
		return s.recordMACs(ctx, audit.Created, library.ID, nil, added)
	})
	return out, err
}

// outcomes compares who held MACs before and after they were registered for a library.
func outcomes(macs []domain.MAC, library domain.OrgID, before, after map[domain.MAC]MACHolder) (out []RegisteredMAC, added []domain.MAC) {
	seen := map[domain.MAC]bool{}
	for _, mac := range macs {
		line := RegisteredMAC{MAC: mac, Outcome: MACAdded}
		_, held := before[mac]
		switch {
		case after[mac].Org != library:
			line.Outcome = MACRefused
		case held || seen[mac]:
			line.Outcome = MACDuplicate
		default:
			added = append(added, mac)
		}
		seen[mac] = true
		out = append(out, line)
	}
	return out, added
}

// readMACs normalises a list; every text that is no MAC is a fault at its path.
func readMACs(texts []MACText) ([]domain.MAC, error) {
	var f fault.Fields
	f.Check(len(texts) > 0, "macs", "At least one MAC.")
	f.Check(len(texts) <= MaxMACs, "macs", "At most %d MACs at once; these are %d.", MaxMACs, len(texts))
	if err := f.Err(); err != nil {
		return nil, err
	}
	macs := make([]domain.MAC, len(texts))
	for i, text := range texts {
		mac, err := domain.ParseMAC(text.Text)
		f.Check(err == nil, text.Path, "A MAC has 12 hexadecimal digits, such as 0C11050B9814.")
		macs[i] = mac
	}
	return macs, f.Err()
}

// libraryOf finds the library that is meant: of org, or of the installer organisation in which the caller works.
func (s *Service) libraryOf(ctx context.Context, org domain.OrgID) (account.Org, error) {
	if org.IsZero() {
		own, err := s.installerOf(ctx)
		if err != nil {
			return account.Org{}, err
		}
		org = own
	}
	return s.cfg.Store.Library(ctx, org)
}

// RemoveMAC takes a MAC out of its library; while a device is bound to it, that is Conflict with its name (MAC-03).
func (s *Service) RemoveMAC(ctx context.Context, mac domain.MAC) error {
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		found, err := s.unboundMAC(ctx, mac)
		if err != nil {
			return err
		}
		if err := s.cfg.Store.DropMAC(ctx, mac); err != nil {
			return err
		}
		return s.recordMACs(ctx, audit.Deleted, found.Org, []domain.MAC{mac}, nil)
	})
}

func (s *Service) unboundMAC(ctx context.Context, mac domain.MAC) (LibraryMAC, error) {
	found, err := s.cfg.Store.LibraryMAC(ctx, mac)
	switch {
	case err != nil:
		return found, err
	case found.DeviceName != "":
		return found, fault.New(fault.Conflict, "The device %s of %s is bound to this MAC. Delete it or give it another MAC first.", found.DeviceName, found.SiteName)
	case found.Bound:
		return found, fault.New(fault.Conflict, "A device of %s is bound to this MAC.", found.OrgName)
	}
	return found, nil
}

// RemoveMACs takes MACs out of a library again, such as those that a file added: all of them or none. What stands in the way is Conflict, named at
// the path of each.
func (s *Service) RemoveMACs(ctx context.Context, texts []MACText) error {
	macs, err := readMACs(texts)
	if err != nil {
		return err
	}
	return s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		var blocked []fault.Field
		gone := map[domain.OrgID][]domain.MAC{}
		for i, mac := range macs {
			found, err := s.unboundMAC(ctx, mac)
			switch code := fault.CodeOf(err); {
			case err == nil:
				gone[found.Org] = append(gone[found.Org], mac)
			case code == fault.Conflict || code == fault.NotFound:
				blocked = append(blocked, fault.Field{Path: texts[i].Path, Msg: string(mac) + ": " + fault.Message(err)})
			default:
				return err
			}
		}
		if len(blocked) > 0 {
			return &fault.Error{Code: fault.Conflict, Msg: "Nothing was taken out: some of these MACs must stay.", Fields: blocked}
		}
		for org, list := range gone {
			for _, mac := range list {
				if err := s.cfg.Store.DropMAC(ctx, mac); err != nil {
					return err
				}
			}
			if err := s.recordMACs(ctx, audit.Deleted, org, list, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// recordMACs writes one entry for what was added to a library or taken out of it; nothing for nothing.
func (s *Service) recordMACs(ctx context.Context, action audit.Action, org domain.OrgID, before, after []domain.MAC) error {
	macs := slices.Concat(before, after)
	if len(macs) == 0 {
		return nil
	}
	entry := audit.Entry{Org: org, Action: action, Object: "mac", ObjectID: org, ObjectName: string(macs[0]), At: s.now()}
	if len(macs) > 1 {
		entry.ObjectName += " +" + strconv.Itoa(len(macs)-1)
	}
	var err error
	if before != nil {
		entry.Before, err = audit.Snapshot(before)
	}
	if after != nil && err == nil {
		entry.After, err = audit.Snapshot(after)
	}
	if err != nil {
		return err
	}
	return s.cfg.Store.Record(ctx, account.Stamp(ctx, entry))
}
