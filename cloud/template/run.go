package template

import (
	"context"
	"net/mail"
	"reflect"
	"slices"
	"strings"

	"vestibule/cloud/audit"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Owner is who signs in with an e-mail address.
type Owner struct {
	Person   domain.PersonID // zero: nobody of a site
	Resident bool            // of the same organisation: one address may belong to several homes
}

// Owners finds who signs in with addresses.
type Owners func(ctx context.Context, org domain.OrgID, emails []string) (map[string]Owner, error)

// run checks and applies rows to a draft: the plan is the same work as the act, tried.
type run struct {
	d         *fleet.Draft
	form      Form
	owners    map[string]Owner
	macs      map[domain.MAC]int            // by the row that has them
	ids       map[string]int                // of people of an office
	emails    map[string]string             // by the name of who has them in this file
	residents map[domain.ApartmentID]string // by what the file says of them
	buildings map[string]domain.BuildingID  // by folded name
	parties   map[string]domain.AuditID     // departments and companies by folded name
	monitors  bool                          // every apartment needs one
	people    map[string][]domain.PersonID  // of companies, by address and by name
	progress  func(done int)
}

func isEmail(text string) bool {
	addr, err := mail.ParseAddress(text)
	return err == nil && addr.Address == text && len(text) <= domain.MaxEmail
}

// newRun reads what the rows will ask for, in few questions.
func newRun(ctx context.Context, d *fleet.Draft, form Form, rows []Row, owners Owners, progress func(int)) (*run, error) {
	r := &run{
		d: d, form: form, macs: map[domain.MAC]int{}, ids: map[string]int{}, emails: map[string]string{}, residents: map[domain.ApartmentID]string{},
		buildings: map[string]domain.BuildingID{}, parties: map[string]domain.AuditID{}, people: map[string][]domain.PersonID{}, progress: progress,
	}
	for id, b := range d.Buildings() {
		r.buildings[d.Folded(b.Name)] = id
	}
	for id, p := range d.Departments() {
		r.parties[d.Folded(p.Name)] = domain.AuditID(id)
	}
	for id, c := range d.Companies() {
		r.parties[d.Folded(c.Name)] = domain.AuditID(id)
	}
	if form.Kind == SingleCompany || form.Kind == MultiCompany {
		for _, p := range d.People() {
			r.hold(p)
		}
	}
	var macs []domain.MAC
	var emails []string
	for i := range rows {
		check := rowCheck{form, &rows[i]}
		for _, part := range strings.Split(check.cell("device"), ";") {
			if at := strings.LastIndex(part, ","); at >= 0 {
				if mac, err := domain.ParseMAC(part[at+1:]); err == nil {
					macs = append(macs, mac)
				}
			}
		}
		if text := check.cell("email"); isEmail(text) {
			emails = append(emails, strings.ToLower(text))
		}
	}
	if err := d.Know(ctx, macs); err != nil {
		return nil, err
	}
	var err error
	if r.owners, err = owners(ctx, d.Site().OrgID, emails); err != nil {
		return nil, err
	}
	r.monitors, err = d.WantsMonitor(ctx)
	return r, err
}

// hold notes a person of a company by address and by name.
func (r *run) hold(p domain.Person) {
	for _, key := range personKeys(p.CompanyID, p.Email, p.FirstName, p.LastName) {
		r.people[key] = append(r.people[key], p.ID)
	}
}

func personKeys(company domain.CompanyID, email, first, last string) []string {
	keys := []string{company.String() + "\x00" + first + "\x00" + last}
	if email != "" {
		keys = append(keys, company.String()+"\x00"+strings.ToLower(email))
	}
	return keys
}

// all does every row that is not left out. Rows with faults leave nothing behind.
func (r *run) all(ctx context.Context, rows []Row) error {
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.one(ctx, &rows[i]); err != nil {
			return err
		}
		if r.progress != nil {
			r.progress(i + 1)
		}
	}
	return nil
}

func (r *run) one(ctx context.Context, row *Row) error {
	row.Faults, row.Changes = nil, nil
	row.Notes = slices.DeleteFunc(row.Notes, func(f Fault) bool { return !ofFile(f.Code) })
	if row.State = Left; row.LeftOut {
		return nil
	}
	check := rowCheck{r.form, row}
	for _, note := range row.Notes { // a formula without result, until somebody typed something
		if note.Code == FormulaEmpty && check.cell(note.Column) == "" {
			check.wrong(note.Column, FormulaEmpty, note.Message)
		}
	}
	mark, entries := r.d.Mark(), r.d.Entries()
	var err error
	switch r.form.Kind {
	case Community:
		err = r.home(ctx, check)
	case Office:
		err = r.desk(ctx, check)
	default:
		err = r.staff(ctx, check)
	}
	if err != nil {
		return err
	}
	if len(row.Faults) > 0 {
		r.d.Back(mark)
		row.State = Wrong
		return nil
	}
	done, err := r.d.Since(entries)
	if err != nil {
		return err
	}
	row.summarise(done)
	return nil
}

// ofFile tells whether a note came with the file; others are made anew by each plan.
func ofFile(c Code) bool {
	return c == FormulaRead || c == FormulaEmpty || c == MergedCells || c == TooLong
}

// summarise says what a row did.
func (row *Row) summarise(done []fleet.Done) {
	row.State = Same
	for _, d := range done {
		c := Change{Object: d.Object, Name: d.Name, Action: string(d.Action)}
		for _, f := range d.Fields {
			c.Fields = append(c.Fields, Field(f))
		}
		row.Changes = append(row.Changes, c)
		switch {
		case d.Action == audit.Created && (d.Object == "apartment" || d.Object == "person"):
			row.State = Adds
		case row.State == Same:
			row.State = Changes
		}
	}
}

// rule maps the faults of a rule of the forms to columns; any other error stays one.
func (r *run) rule(check rowCheck, err error, columns map[string]string, otherwise string) error {
	if err == nil {
		return nil
	}
	fields := fault.FieldsOf(err)
	switch code := fault.CodeOf(err); {
	case code != fault.Invalid && code != fault.Conflict && code != fault.Forbidden:
		return err
	case len(fields) == 0:
		check.wrong(otherwise, Refused, fault.Message(err))
	}
	for _, f := range fields {
		column := otherwise
		for path, key := range columns {
			if f.Path == path || strings.HasPrefix(f.Path, path+"[") || strings.HasPrefix(f.Path, path+".") {
				column = key
			}
		}
		check.wrong(column, Refused, f.Msg)
	}
	return nil
}

var personPaths = map[string]string{
	"first_name": "first_name", "last_name": "last_name", "email": "email", "phone": "mobile", "staff_id": "staff_id", "kind": "identity",
	"form.floors": "floors", "form.landlines": "phone1", "form.call_type": "call_type", "form.no_intercom": "intercom",
}

// mailFree checks that nobody else signs in with the address of a row (check 5). One address in several homes of one person is fine.
func (r *run) mailFree(check rowCheck, person domain.PersonID, name string) {
	text := strings.ToLower(check.cell("email"))
	if text == "" || !isEmail(text) {
		return
	}
	if owner, ok := r.owners[text]; ok && owner.Person != person && !owner.Resident {
		check.wrong("email", EmailConflict, "E-mail conflict: somebody else signs in with this address.")
	}
	if other, ok := r.emails[text]; ok && other != name {
		check.wrong("email", EmailConflict, "E-mail conflict: this file gives the address to "+other+" too.")
	}
	r.emails[text] = name
}

// place is where the devices of a row stand.
type place struct {
	building   domain.BuildingID
	apartment  domain.ApartmentID
	department domain.DepartmentID
	company    domain.CompanyID
	broken     bool // the row has faults that keep the place from being: devices are only checked
}

// devicesOf adds and changes the devices of a row.
func (r *run) devicesOf(ctx context.Context, check rowCheck, list []listed, at place) error {
	for _, l := range list {
		v, here := r.d.DeviceWith(l.mac)
		if !here {
			v = domain.Device{MAC: l.mac, BuildingID: at.building, ApartmentID: at.apartment, DepartmentID: at.department, CompanyID: at.company}
		} else if v.ApartmentID != at.apartment || v.DepartmentID != at.department || v.CompanyID != at.company {
			check.wrong("device", MACInUse, "MAC already used: "+string(l.mac)+" is "+v.Name+" elsewhere in this site.")
			continue
		}
		if here && v.Name == l.name && v.Type == l.of {
			continue
		}
		v.Name, v.Type = l.name, l.of
		_, err := r.d.PutDevice(ctx, v)
		if err := r.deviceFaults(check, l, err, at.broken); err != nil {
			return err
		}
	}
	return nil
}

// deviceFaults gives the rules' words on MACs the names of the catalogue. While the place is broken, only the MAC counts.
func (r *run) deviceFaults(check rowCheck, l listed, err error, broken bool) error {
	code := fault.CodeOf(err)
	if err != nil && code != fault.Invalid && code != fault.Conflict && code != fault.Forbidden {
		return err
	}
	fields := fault.FieldsOf(err)
	for _, f := range fields {
		switch {
		case f.Path == "mac" && strings.HasPrefix(f.Msg, "Another"):
			check.wrong("device", MACInUse, "MAC already used: "+string(l.mac)+". "+f.Msg)
		case f.Path == "mac":
			check.wrong("device", MACNotRegistered, "MAC not registered: "+string(l.mac)+". "+f.Msg)
		case !broken:
			check.wrong("device", Refused, f.Msg)
		}
	}
	if err != nil && len(fields) == 0 {
		check.wrong("device", Refused, fault.Message(err))
	}
	return nil
}

// putPerson adds or changes a person; one that stays as it is is left alone.
func (r *run) putPerson(ctx context.Context, check rowCheck, before *domain.Person, p domain.Person) error {
	if before != nil && reflect.DeepEqual(*before, p) {
		return nil
	}
	out, err := r.d.PutPerson(ctx, p)
	if err == nil && before == nil && !p.CompanyID.IsZero() {
		r.hold(out)
	}
	return r.rule(check, err, personPaths, "first_name")
}

// set writes a cell over a value unless it is blank: blanks keep what is there.
func set(value *string, cell string) {
	if cell != "" {
		*value = cell
	}
}
