package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

type personRow struct {
	ID          domain.PersonID `gorm:"primaryKey"`
	SiteID      domain.SiteID
	ApartmentID domain.ApartmentID
	FirstName   string
	LastName    string
	Email       string
	Phone       string

	Kind         domain.PersonKind
	DepartmentID domain.DepartmentID
	CompanyID    domain.CompanyID
	SIPUser      string `gorm:"column:sip_user"`
	StaffID      string
	Form         domain.PersonForm `gorm:"serializer:json"`
	Record       record            `gorm:"embedded"`
}

func (personRow) TableName() string { return "people" }

func (r personRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

func (r personRow) noun() domain.Person {
	return domain.Person{
		ID: r.ID, SiteID: r.SiteID, ApartmentID: r.ApartmentID, FirstName: r.FirstName, LastName: r.LastName, Email: r.Email, Phone: r.Phone,
		Kind: r.Kind, DepartmentID: r.DepartmentID, CompanyID: r.CompanyID, SIPUser: r.SIPUser, StaffID: r.StaffID, Form: r.Form, Revision: r.Record.Revision,
	}
}

// personViewRow is a person as lists show it.
type personViewRow personRow

func (personViewRow) TableName() string { return "people" }

func (r personViewRow) place() (string, string) { return personRow(r).place() }

// noun gives the person without what stands beside it.
func (r personViewRow) noun() fleet.PersonView {
	return fleet.PersonView{Person: personRow(r).noun(), CreatedAt: fromMilli(r.Record.CreatedAt)}
}

// peopleOrders are the orders of lists of people (PEOPLE-31), beside that by family name.
var peopleOrders = sorts{
	"name": "list.folded", "staff_id": "list.staff_id", "created": "list.created_at",
	"apartment": "COALESCE(home.folded, '')",
}

// ListPeople lists the people of a site with their homes, departments, companies and accounts.
func (s *Store) ListPeople(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[fleet.PersonView], error) {
	return s.listPeople(ctx, s.in(ctx, site), site, page)
}

// ListSingle lists the family masters of the single-family sites that the caller may see.
func (s *Store) ListSingle(ctx context.Context, page fleet.Page) (fleet.List[fleet.PersonView], error) {
	singles := s.singleSites(ctx)
	return s.listPeople(ctx, s.ofSites(s.conn(ctx), "people.site_id", singles).Where("people.kind = ?", domain.Master), singles, page)
}

func (s *Store) listPeople(ctx context.Context, query *gorm.DB, sites any, page fleet.Page) (fleet.List[fleet.PersonView], error) {
	query, err := s.filterPeople(query, sites, page)
	if err != nil {
		return fleet.List[fleet.PersonView]{}, err
	}
	page.Query = ""
	var joins []string
	if page.Sort == "apartment" {
		joins = append(joins, "LEFT JOIN apartments home ON home.id = list.apartment_id")
	}
	found, err := listBy[fleet.PersonView, personViewRow](query, page, peopleOrders, joins...)
	if err != nil {
		return found, err
	}
	return found, s.besidePeople(ctx, found.Items)
}

// PersonView gives one person of a site with what stands beside it.
func (s *Store) PersonView(ctx context.Context, site domain.SiteID, id domain.PersonID) (fleet.PersonView, error) {
	view, err := take[fleet.PersonView, personViewRow](ctx, s, site, id, "This person")
	if err != nil {
		return view, err
	}
	views := []fleet.PersonView{view}
	err = s.besidePeople(ctx, views)
	return views[0], err
}

// Person gives one person of a site.
func (s *Store) Person(ctx context.Context, site domain.SiteID, id domain.PersonID) (domain.Person, error) {
	return take[domain.Person, personRow](ctx, s, site, id, "This person")
}

func newPersonRow(p domain.Person, at time.Time) personRow {
	words := []string{p.LastName, p.FirstName, p.Email, p.Phone, p.SIPUser, p.StaffID}
	for _, number := range append([]string{p.Phone}, p.Form.Landlines...) {
		words = append(words, digits(number)) // found however somebody divides the number
	}
	return personRow{
		ID: p.ID, SiteID: p.SiteID, ApartmentID: p.ApartmentID, FirstName: p.FirstName, LastName: p.LastName, Email: p.Email, Phone: p.Phone,
		Kind: p.Kind, DepartmentID: p.DepartmentID, CompanyID: p.CompanyID, SIPUser: p.SIPUser, StaffID: p.StaffID, Form: p.Form,
		Record: newRecord(at, words...),
	}
}

// PutPerson adds or changes a person; an ID that somebody else of the site has is Conflict at "staff_id" (PEOPLE-28).
func (s *Store) PutPerson(ctx context.Context, p domain.Person, at time.Time) error {
	r := newPersonRow(p, at)
	if err := s.put(ctx, &r, "apartment_id", "first_name", "last_name", "email", "phone", "kind", "department_id", "company_id", "sip_user", "staff_id", "form"); err != nil {
		return fmt.Errorf("save person: %w", duplicate(err, "staff_id", "Somebody else of the site has this ID."))
	}
	return nil
}

// DeletePerson marks a person as deleted; PIN and cards go at once.
func (s *Store) DeletePerson(ctx context.Context, site domain.SiteID, id domain.PersonID, at time.Time) error {
	if err := s.DropKeyrings(ctx, site, id); err != nil {
		return err
	}
	return s.drop(ctx, &personRow{}, site, id, at)
}

// PersonDevices counts the devices that belong to a person.
func (s *Store) PersonDevices(ctx context.Context, site domain.SiteID, id domain.PersonID) (int, error) {
	return s.count(ctx, &deviceRow{}, site, "owner_id = ?", id)
}

// filterPeople narrows a list of the people of sites, an id or a query, by its search words and filters.
func (s *Store) filterPeople(query *gorm.DB, sites any, page fleet.Page) (*gorm.DB, error) {
	if strings.ContainsRune(page.Query, 0) || !utf8.ValidString(page.Query) {
		return nil, fault.New(fault.Invalid, "These are no words to look for.")
	}
	if page.Query != "" {
		like := likeWords(page.Query)
		where := `people.folded LIKE ? ESCAPE '\' OR people.apartment_id IN (SELECT a.id FROM apartments a WHERE a.site_id IN (?) AND (a.folded LIKE ? ESCAPE '\' OR a.sip_user LIKE ? ESCAPE '\'))`
		args := []any{like, sites, like, like}
		if n := digits(page.Query); len(n) > 2 && strings.Trim(page.Query, "0123456789+-/() ") == "" {
			where += " OR people.folded LIKE ?"
			args = append(args, "%"+strings.TrimPrefix(n, "0")+"%")
		}
		query = query.Where(where, args...)
	}
	for filter, value := range page.Only {
		if value == "" {
			continue
		}
		where, args, err := s.peopleFilter(filter, value)
		if err != nil {
			return nil, err
		}
		query = query.Where(where, args...)
	}
	return query, nil
}

// peopleFilter gives one filter as a condition.
func (s *Store) peopleFilter(filter, value string) (string, []any, error) {
	const signedIn = "EXISTS (SELECT 1 FROM accounts u WHERE u.person_id = people.id AND u.deleted_at IS NULL AND u.activated_at IS NOT NULL)"
	home := func(where string) string {
		return "EXISTS (SELECT 1 FROM apartments a WHERE a.id = people.apartment_id AND " + where + ")"
	}
	activated, expires := s.jsonInt("a.service", "activated_ms"), s.jsonInt("a.service", "expires_ms")
	registered := "(" + signedIn + " OR people.kind = 'master' AND " + home(s.jsonInt("a.service", "registered_ms")+" > 0") + ")"
	unpaid := s.jsonBool("people.form", "unpaid")
	now := time.Now().UnixMilli()
	switch filter + " " + value {
	case "app " + string(fleet.Registered):
		return registered, nil, nil
	case "app " + string(fleet.Unregistered):
		return "NOT " + registered, nil, nil
	case "active " + string(fleet.Inactivated):
		return "(" + unpaid + " OR NOT " + home(activated+" > 0") + ")", nil, nil
	case "active " + string(fleet.Normal):
		return "NOT " + unpaid + " AND " + home(activated+" > 0 AND ("+expires+" = 0 OR "+expires+" > ?)"), []any{now}, nil
	case "active " + string(fleet.Expired):
		return "NOT " + unpaid + " AND " + home(activated+" > 0 AND "+expires+" > 0 AND "+expires+" <= ?"), []any{now}, nil
	case "placed no":
		return "people.apartment_id IS NULL AND people.department_id IS NULL AND people.company_id IS NULL", nil, nil
	}
	switch filter {
	case "kind":
		return "people.kind = ?", []any{value}, nil
	case "apartment", "department", "company":
		id, err := domain.ParseID[domain.SiteID](value)
		if err != nil {
			return "1 = 0", nil, nil
		}
		return "people." + filter + "_id = ?", []any{id}, nil
	}
	var f fault.Fields
	f.Add(filter, "This list has no such filter.")
	return "", nil, f.Err()
}

// jsonInt reads a number out of a column with a JSON object; 0 when it is absent.
func (s *Store) jsonInt(column, key string) string {
	if s.dialect == onPostgres {
		return "COALESCE(CAST(CAST(" + column + " AS jsonb)->>'" + key + "' AS bigint), 0)"
	}
	return "COALESCE(json_extract(" + column + ", '$." + key + "'), 0)"
}

// jsonBool reads a switch out of a column with a JSON object; false when it is absent.
func (s *Store) jsonBool(column, key string) string {
	if s.dialect == onPostgres {
		return "COALESCE(CAST(CAST(" + column + " AS jsonb)->>'" + key + "' AS boolean), false)"
	}
	return "COALESCE(json_extract(" + column + ", '$." + key + "'), 0)"
}

// likeWords gives the pattern that finds words anywhere in a folded column.
func likeWords(words string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(unfoldedText(words)) + "%"
}

func digits(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}
