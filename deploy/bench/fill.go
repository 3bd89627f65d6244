package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/enroll"
	"vestibule/cloud/fleet"
	"vestibule/cloud/seal"
	"vestibule/cloud/store"
	"vestibule/deploy/stack"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// contents is what a site gets in one transaction, beside what the API made.
type contents struct {
	store.Batch
	cameras []domain.Camera
}

// filler writes sites beside the running cloud: the rows of the store's own code, and one version of the document a site.
type filler struct {
	store   *store.Store
	desired *desiredstate.Service
	client  *stack.Client
	org     domain.OrgID
	numbers numbers
	agent   []byte // public key of every agent
}

// newFiller opens the database of a cloud, whose data folder holds the key of sealed columns.
func newFiller(ctx context.Context, dsn, data string, c *stack.Client) (*filler, error) {
	f := &filler{client: c}
	var me struct {
		Org stack.Named `json:"org"`
	}
	if err := c.Do(ctx, "GET", "/me", nil, &me); err != nil {
		return nil, err
	}
	var err error
	if f.org, err = domain.ParseID[domain.OrgID](me.Org.ID); err != nil {
		return nil, err
	}
	key, err := seal.Load(data)
	if err != nil {
		return nil, err
	}
	agent, err := wire.NewConfigKey()
	if err != nil {
		return nil, err
	}
	f.agent = agent.PublicKey().Bytes()
	if f.store, err = store.Open(ctx, dsn); err != nil {
		return nil, err
	}
	f.store.Unlock(key)
	f.desired = desiredstate.New(desiredstate.Config{Store: f.store, Sealer: key, Logger: slog.New(slog.DiscardHandler)})
	return f, nil
}

// fill makes every site of a portfolio. They were entered one after the other, half a day apart.
func (f *filler) fill(ctx context.Context, plots []*plot) error {
	at := time.Now().UTC().Add(-12 * time.Hour * time.Duration(len(plots)))
	for _, o := range plots {
		if err := o.found(ctx, f.client); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		at = at.Add(12 * time.Hour)
		err := f.store.InTx(account.AsSystem(ctx, "bench"), func(ctx context.Context) error { return f.furnish(ctx, o, at) })
		if err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	return nil
}

// furnish puts an agent and the contents into a site.
func (f *filler) furnish(ctx context.Context, o *plot, at time.Time) error {
	groups, err := f.store.ListGroups(ctx, o.id, fleet.Page{})
	if err != nil {
		return err
	}
	houses, err := f.store.ListBuildings(ctx, o.id, fleet.Page{})
	if err != nil {
		return err
	}
	o.group, o.houses = groups.Items[0], houses.Items
	agent := domain.NewID[domain.AgentID](at)
	if err := f.store.InsertAgent(ctx, enroll.NewAgent{ID: agent, Site: o.id, Name: "Agent 1", ConfigKey: f.agent, Version: "bench", Generation: 1, CreatedAt: at}); err != nil {
		return err
	}
	o.group.Agents = []domain.AgentID{agent}
	if err := f.store.PutGroup(ctx, o.group, at); err != nil {
		return err
	}
	b, err := f.contents(ctx, o, at)
	if err != nil {
		return err
	}
	return f.write(ctx, o, b, at)
}

// contents draws what stands in a site.
func (f *filler) contents(ctx context.Context, o *plot, at time.Time) (*contents, error) {
	b := &contents{}
	switch o.kind {
	case domain.SingleHome:
		homes, err := f.store.ListApartments(ctx, o.id, fleet.Page{})
		if err != nil {
			return nil, err
		}
		home := homes.Items[0]
		b.People = append(b.People, domain.Person{
			ID: domain.NewID[domain.PersonID](at), SiteID: o.id, ApartmentID: home.ID, Kind: domain.Member, FirstName: pick(firstNames), SIPUser: f.numbers.sip(6), Revision: 1,
		})
		for _, kind := range []domain.DeviceType{domain.Monitor, domain.SingleDoorPhone} {
			o.device(b, &f.numbers, domain.Device{Type: kind, Name: somebody(), BuildingID: home.BuildingID, ApartmentID: home.ID}, at)
		}
	case domain.Community:
		for i := range o.apartments {
			o.home(b, &f.numbers, i, at)
		}
	}
	for i := range o.people {
		if err := o.worker(b, &f.numbers, at); err != nil {
			return nil, err
		}
		if i%10 == 0 {
			o.device(b, &f.numbers, domain.Device{Type: domain.AccessTerminal, Name: fmt.Sprintf("Door %d", i/10+1)}, at)
		}
	}
	for i := range max(o.cameras, o.cameras*o.apartments/1000) {
		b.cameras = append(b.cameras, domain.Camera{
			ID: domain.NewID[domain.CameraID](at), SiteID: o.id, BuildingID: pick(o.houses).ID, Name: fmt.Sprintf("Camera %d", i+1),
			RTSP: fmt.Sprintf("rtsp://10.0.%d.%d:554/live", i/250, i%250+1), User: "admin", Password: secret.Random(12), Terminal: domain.WatchEverywhere, Revision: 1,
		})
	}
	return b, nil
}

// write stores the contents of a site: rows, library and document, as edits one by one would leave them.
func (f *filler) write(ctx context.Context, o *plot, b *contents, at time.Time) error {
	for _, d := range b.Devices {
		if err := d.Validate(); err != nil {
			return err
		}
	}
	if o.kind == domain.Community {
		for _, a := range b.Apartments {
			o.homes = append(o.homes, a.ID)
		}
	}
	if err := f.store.AddBatch(ctx, b.Batch, at); err != nil {
		return err
	}
	for _, c := range b.cameras {
		if err := f.store.PutCamera(ctx, c, at); err != nil {
			return err
		}
	}
	entry := fleet.MACEntry{Org: f.org, Origin: fleet.ByDevice, At: at}
	for _, d := range b.Devices {
		entry.MACs = append(entry.MACs, d.MAC)
	}
	if err := f.store.RegisterMACs(ctx, entry); err != nil {
		return err
	}
	ops, err := o.ops(b)
	if err != nil {
		return err
	}
	_, err = f.desired.Bump(ctx, o.id, ops)
	return err
}

// ops puts the contents into the site's document.
func (o *plot) ops(b *contents) ([]desired.Op, error) {
	var out []desired.Op
	var failed error
	put := func(section desired.Section, key desired.Key, noun any) {
		body, err := desired.Encode(noun)
		if err != nil {
			failed = err
		}
		out = append(out, desired.Op{Section: section, Key: key, Body: body})
	}
	put(desired.SectionGroups, desired.Key(o.group.ID), o.group)
	for _, a := range b.Apartments {
		put(desired.SectionApartments, desired.Key(a.ID), a)
	}
	for _, p := range b.People {
		put(desired.SectionPeople, desired.Key(p.ID), p)
	}
	for _, d := range b.Devices {
		put(desired.SectionDevices, desired.Key(d.ID), d)
		put(desired.SectionCredentials, desired.Key(d.ID), domain.Credential{DeviceID: d.ID, SIPPassword: d.SIPPassword, APIUser: d.APIUser, APIPassword: d.APIPassword})
	}
	for _, c := range b.cameras {
		put(desired.SectionCameras, desired.Key(c.ID), c)
	}
	return out, failed
}

// stock puts MACs without a device into the library.
func (f *filler) stock(ctx context.Context, n int) error {
	entry := fleet.MACEntry{Org: f.org, Origin: fleet.ByDistributor, At: time.Now().UTC()}
	for range n {
		entry.MACs = append(entry.MACs, f.numbers.mac())
	}
	return f.store.RegisterMACs(account.AsSystem(ctx, "bench"), entry)
}

// history is what else the database holds after years: an audit entry for everything that was made, and what agents say of nearly every device.
var history = []string{
	`INSERT INTO audit_entries (id, site_id, actor, actor_org_id, behalf, address, action, object, object_id, object_name, reason, before, after, folded, created_at)
		SELECT n.id, n.site_id, 'Bench', s.org_id, '', '', 'created', 'apartment', n.id, n.number, '', '', '{}', 'bench created apartment ' || n.folded, n.created_at
		FROM apartments n JOIN sites s ON s.id = n.site_id`,
	`INSERT INTO audit_entries (id, site_id, actor, actor_org_id, behalf, address, action, object, object_id, object_name, reason, before, after, folded, created_at)
		SELECT n.id, n.site_id, 'Bench', s.org_id, '', '', 'created', 'person', n.id, n.last_name, '', '', '{}', 'bench created person ' || n.folded, n.created_at
		FROM people n JOIN sites s ON s.id = n.site_id`,
	`INSERT INTO audit_entries (id, site_id, actor, actor_org_id, behalf, address, action, object, object_id, object_name, reason, before, after, folded, created_at)
		SELECT n.id, n.site_id, 'Bench', s.org_id, '', '', 'created', 'device', n.id, n.name, '', '', '{}', 'bench created device ' || n.folded, n.created_at
		FROM devices n JOIN sites s ON s.id = n.site_id`,
	`INSERT INTO device_states (device_id, site_id, agent_id, state, version, reason, online, since, seen_at, address, model, firmware, sip, updated_at)
		SELECT d.id, d.site_id, a.id, 'applied', h.version, '', true, d.created_at, d.created_at, '10.0.0.2', 'R29', '29.30.10.101', true, d.created_at
		FROM devices d JOIN agents a ON a.site_id = d.site_id JOIN desired_heads h ON h.site_id = d.site_id WHERE d.sip_user NOT LIKE '%7'`,
}

// age adds the history, and statistics where the engine gathers them by itself after a while.
func age(ctx context.Context, driver, source string) error {
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	statements := history
	if driver == "pgx" {
		statements = append(statements, "VACUUM ANALYZE")
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
