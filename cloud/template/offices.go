package template

import (
	"context"
	"slices"
	"strings"

	"vestibule/shared/domain"
)

// deskCells are the columns that count as a person as soon as one is filled.
var deskCells = []string{"identity", "first_name", "last_name", "staff_id", "email", "mobile", "calling_code", "intercom", "phone1", "call_type"}

// desk does one row of an office (TPL-13).
func (r *run) desk(ctx context.Context, check rowCheck) error {
	check.name("department", domain.MaxPartyName, true)
	devices := check.devices(r.macs)
	has := check.any(deskCells...)
	before, known := r.d.StaffNumbered(check.cell("staff_id"))
	person := domain.Person{StaffID: check.cell("staff_id")}
	if known {
		person = before
		person.Form.Landlines, person.Form.Floors = slices.Clone(before.Form.Landlines), slices.Clone(before.Form.Floors)
	}
	if has {
		r.deskPerson(check, &person, known)
	}
	at := place{broken: len(check.row.Faults) > 0}
	if !at.broken {
		id, err := r.department(ctx, check)
		if err != nil || len(check.row.Faults) > 0 {
			return err
		}
		at.department, person.DepartmentID = id, id
	}
	if has && !at.broken {
		var was *domain.Person
		if known {
			was = &before
		}
		if err := r.putPerson(ctx, check, was, person); err != nil {
			return err
		}
	}
	return r.devicesOf(ctx, check, devices, at)
}

// deskPerson checks the cells of a person, in the order of the guides.
func (r *run) deskPerson(check rowCheck, p *domain.Person, known bool) {
	if word := check.cell("identity"); word != "" || !known {
		kind := identityOf(word)
		if kind == "" {
			check.wrong("identity", UnknownIdentity, "Unknown identity: advanced user, basic user, staff or personnel.")
		}
		p.Kind = kind
	}
	check.name("first_name", domain.MaxPersonName, !known)
	check.name("last_name", domain.MaxPersonName, !known)
	switch id := check.cell("staff_id"); {
	case id == "":
		check.wrong("staff_id", Required, "Required: the ID of the person, such as the number of the staff card.")
	case r.ids[id] != 0:
		check.wrong("staff_id", DuplicateID, "Duplicate ID: another row of this file has it.")
	default:
		r.ids[id] = max(check.row.Line, 1)
	}
	check.mail()
	r.mailFree(check, p.ID, strings.TrimSpace(check.cell("first_name")+" "+check.cell("last_name")))
	r.workerCells(check, p, !known)
}

// workerCells checks what people of offices and companies have in common: numbers, the intercom feature and the call type.
func (r *run) workerCells(check rowCheck, p *domain.Person, fresh bool) {
	p.Phone, p.Form.Landlines = check.phones(p.Phone, p.Form.Landlines)
	switch text := check.cell("intercom"); {
	case text == "1":
		if p.Form.NoIntercom && p.Form.CallType == domain.MonitorsAndGuardPhones {
			p.Form.CallType = 0
		}
		p.Form.NoIntercom = false
	case text == "0":
		p.Form.NoIntercom = true
	case text != "" || fresh && r.form.Kind == Office:
		check.wrong("intercom", BadSwitch, "Bad switch: 1 or 0.")
	}
	n, ok := check.whole("call_type", 5, UnknownCallType, "Unknown call type: 0 to 5.")
	switch {
	case r.form.Kind == Office && p.Form.NoIntercom:
		p.Form.CallType = domain.MonitorsAndGuardPhones // CALL-05
		if ok {
			check.odd("call_type", CallTypeIgnored, "Call type ignored: with the intercom feature off only monitors and guard phones ring.")
		}
	case ok:
		p.Form.CallType = domain.CallType(n)
	}
	set(&p.FirstName, check.cell("first_name"))
	set(&p.LastName, check.cell("last_name"))
	set(&p.Email, check.cell("email"))
}

// department finds the department of a row, or adds it.
func (r *run) department(ctx context.Context, check rowCheck) (domain.DepartmentID, error) {
	name := check.cell("department")
	if id, ok := r.parties[r.d.Folded(name)]; ok {
		if _, is := r.d.Departments()[domain.DepartmentID(id)]; is {
			return domain.DepartmentID(id), nil
		}
	}
	made, err := r.d.PutDepartment(ctx, domain.Department{Name: name})
	if err == nil {
		r.parties[r.d.Folded(name)] = domain.AuditID(made.ID)
	}
	return made.ID, r.rule(check, err, nil, "department")
}

// staff does one row of a commercial site (TPL-18).
func (r *run) staff(ctx context.Context, check rowCheck) error {
	many := r.form.Kind == MultiCompany
	if many {
		check.name("company", domain.MaxPartyName, true)
	}
	check.name("first_name", domain.MaxPersonName, true)
	check.name("last_name", domain.MaxPersonName, true)
	check.mail()
	company, err := r.company(ctx, check, many)
	if err != nil {
		return err
	}
	person, known := r.colleague(check, company)
	before := person
	if known {
		person.Form.Landlines = slices.Clone(before.Form.Landlines)
	} else {
		person = domain.Person{Kind: domain.Personnel, CompanyID: company}
	}
	r.mailFree(check, person.ID, check.cell("first_name")+" "+check.cell("last_name"))
	r.workerCells(check, &person, !known)
	devices := check.devices(r.macs)
	at := place{company: company, broken: len(check.row.Faults) > 0}
	if !at.broken {
		var was *domain.Person
		if known {
			was = &before
		}
		if err := r.putPerson(ctx, check, was, person); err != nil {
			return err
		}
	}
	return r.devicesOf(ctx, check, devices, at)
}

// company finds the company of a row, or adds it; in a single-company site there is one.
func (r *run) company(ctx context.Context, check rowCheck, many bool) (domain.CompanyID, error) {
	if !many {
		for id := range r.d.Companies() {
			return id, nil
		}
		made, err := r.d.AddCompany(ctx, domain.Company{Name: r.d.Site().Name})
		return made.ID, r.rule(check, err, nil, "first_name")
	}
	name := check.cell("company")
	if id, ok := r.parties[r.d.Folded(name)]; ok {
		if _, is := r.d.Companies()[domain.CompanyID(id)]; is {
			return domain.CompanyID(id), nil
		}
	}
	if len(check.row.Faults) > 0 {
		return domain.CompanyID{}, nil
	}
	made, err := r.d.AddCompany(ctx, domain.Company{Name: name})
	if err == nil {
		r.parties[r.d.Folded(name)] = domain.AuditID(made.ID)
	}
	return made.ID, r.rule(check, err, nil, "company")
}

// colleague finds a person of a company by address, else by name; two of one name are nobody.
func (r *run) colleague(check rowCheck, company domain.CompanyID) (domain.Person, bool) {
	for _, key := range slices.Backward(personKeys(company, check.cell("email"), check.cell("first_name"), check.cell("last_name"))) {
		var found []domain.Person
		for _, id := range r.people[key] {
			if p, is := r.d.People()[id]; is {
				found = append(found, p)
			}
		}
		if len(found) == 1 {
			return found[0], true
		}
	}
	return domain.Person{}, false
}
