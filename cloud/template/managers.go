package template

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Managers is the kind of the sheet of property managers; it belongs to an organisation and not to a site.
const Managers Kind = "managers"

// Codes of the sheet of managers.
const (
	UnknownLanguage  Code = "unknown_language"
	UnknownProject   Code = "unknown_project"
	AmbiguousProject Code = "ambiguous_project"
)

var managerForm = Form{
	Kind: Managers, Name: Texts{"en": "Managers", "de": "Verwalter"},
	first: func([]string) bool { return false },
	Columns: []Column{
		hinted(person("first_name", "First Name", "Vorname", "Mia", "FirstName"), "Needed for a new manager; blank keeps the name.", "Nötig für einen neuen Verwalter; leer lässt den Namen."),
		hinted(person("last_name", "Last Name", "Nachname", "Moss", "LastName", "Surname"), "Needed for a new manager; blank keeps the name.", "Nötig für einen neuen Verwalter; leer lässt den Namen."),
		required(hinted(person("email", "Email", "E-Mail", "mia@example.com", "E-Mail", "Email Address"), "Who it is. It gets the activation mail and cannot be changed.", "Wer gemeint ist. Dorthin geht die Aktivierung; sie lässt sich nicht ändern.")),
		{Key: "language", Title: Texts{"en": "Language", "de": "Sprache"}, Options: mail.Languages(), Example: "en", Width: 12, Hint: Texts{"en": "Of the mails. Blank: as it is, English for a new one.", "de": "Der E-Mails. Leer: wie bisher, Englisch bei neuen."}},
		hinted(person("project", "Project", "Projekt", "Seaside", "Site", "Project Name", "Objekt"), "The name of one site. For several, several rows with the same address.", "Der Name eines Objekts. Für mehrere mehrere Zeilen mit derselben Adresse."),
	},
}

// ManagerForms gives the form of the sheet of managers.
func ManagerForms() Form { return managerForm }

// MACForm gives the form of the sheet of MACs.
func MACForm() Form { return macForm }

// Accounts makes and changes managers.
type Accounts interface {
	Managers(ctx context.Context, q account.ManagerQuery) (part []account.Manager, next string, err error)
	AddManager(ctx context.Context, form account.ManagerForm) (account.Manager, error)
	EditManager(ctx context.Context, id domain.AccountID, form account.ManagerForm) (account.Manager, error)
}

// Sites lists the sites of the caller.
type Sites interface {
	Sites(ctx context.Context, page fleet.Page) (fleet.List[domain.Site], error)
}

// errTried undoes what was only tried.
var errTried = fault.New(fault.Internal, "tried")

// ManagerFile reads the sheet of managers (PM-13). Each row is checked on its own; with apply the right ones are done together, and the others are
// listed with what is wrong (TPL-19). Without apply it tells what would happen.
func (s *Service) ManagerFile(ctx context.Context, accounts Accounts, sites Sites, raw []byte, apply bool) ([]Row, error) {
	reading, err := Read(managerForm, raw)
	if err != nil {
		return nil, err
	}
	f := managerFile{s: s, accounts: accounts, named: map[string][]domain.SiteID{}, known: map[string]account.Manager{}}
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		if err := f.read(ctx, sites, reading.Rows); err != nil {
			return err
		}
		for i := range reading.Rows {
			if err := f.row(ctx, &reading.Rows[i]); err != nil {
				return err
			}
		}
		if !apply {
			return errTried
		}
		return nil
	})
	if err != nil && err != errTried { //nolint:errorlint // this very value
		return nil, err
	}
	return reading.Rows, nil
}

type managerFile struct {
	s        *Service
	accounts Accounts
	named    map[string][]domain.SiteID // sites by name
	known    map[string]account.Manager // by address
	owners   map[string]Owner
}

// read reads what the rows will ask for.
func (f *managerFile) read(ctx context.Context, sites Sites, rows []Row) error {
	err := loadSites(ctx, sites, func(site domain.Site) { f.named[site.Name] = append(f.named[site.Name], site.ID) })
	if err != nil {
		return err
	}
	for q := (account.ManagerQuery{Limit: 1000}); ; {
		part, next, err := f.accounts.Managers(ctx, q)
		if err != nil {
			return err
		}
		for _, m := range part {
			f.known[account.FoldEmail(m.Email)] = m
		}
		if q.After = next; next == "" {
			break
		}
	}
	var emails []string
	for _, row := range rows {
		emails = append(emails, row.Cells[2])
	}
	f.owners, err = f.s.cfg.Store.EmailOwners(ctx, domain.OrgID{}, emails)
	return err
}

func loadSites(ctx context.Context, sites Sites, keep func(domain.Site)) error {
	for page := (fleet.Page{Limit: 1000}); ; {
		part, err := sites.Sites(ctx, page)
		if err != nil {
			return err
		}
		for _, site := range part.Items {
			keep(site)
		}
		if page.After = part.Next; page.After == "" {
			return nil
		}
	}
}

// row checks one row in the order of the guides, and does it.
func (f *managerFile) row(ctx context.Context, row *Row) error {
	check := rowCheck{managerForm, row}
	email := check.cell("email")
	m, known := f.known[account.FoldEmail(email)]
	if email == "" {
		check.wrong("email", Required, "Required: the e-mail address of the manager.")
	}
	check.mail()
	if _, taken := f.owners[email]; taken && !known {
		check.wrong("email", EmailConflict, "E-mail conflict: somebody else signs in with this address.")
	}
	check.name("first_name", domain.MaxPersonName, !known)
	check.name("last_name", domain.MaxPersonName, !known)
	language := check.cell("language")
	if language != "" && !slices.Contains(mail.Languages(), language) {
		check.wrong("language", UnknownLanguage, "Unknown language: "+strings.Join(mail.Languages(), ", ")+".")
	}
	project := check.cell("project")
	switch found := f.named[project]; {
	case project == "":
	case len(found) == 0:
		check.wrong("project", UnknownProject, "Unknown project: the name of one of your sites. Several sites are several rows with the same address.")
	case len(found) > 1:
		check.wrong("project", AmbiguousProject, "Ambiguous project: two of your sites have this name.")
	}
	if len(row.Faults) > 0 {
		row.State = Wrong
		return nil
	}
	return f.do(ctx, row, check, m, known)
}

// do adds or changes the manager of a row; blanks keep what is there, and a project is added to those it has (TPL-17).
func (f *managerFile) do(ctx context.Context, row *Row, check rowCheck, m account.Manager, known bool) error {
	form := account.ManagerForm{
		FirstName: m.FirstName, LastName: m.LastName, Email: check.cell("email"), Language: m.Language, RemindMonthly: m.RemindMonthly, EmailFactor: m.EmailFactor,
	}
	for _, site := range m.Sites {
		form.Sites = append(form.Sites, site.ID)
	}
	set(&form.FirstName, check.cell("first_name"))
	set(&form.LastName, check.cell("last_name"))
	set(&form.Language, check.cell("language"))
	fresh := false
	if site := f.named[check.cell("project")]; len(site) == 1 && !slices.Contains(form.Sites, site[0]) {
		form.Sites, fresh = append(form.Sites, site[0]), true
	}
	var err error
	switch {
	case !known:
		row.State = Adds
		m, err = f.accounts.AddManager(ctx, form)
	case form.FirstName == m.FirstName && form.LastName == m.LastName && form.Language == m.Language && !fresh:
		row.State = Same
	default:
		row.State = Changes
		form.Email = m.Email
		m, err = f.accounts.EditManager(ctx, m.ID, form)
	}
	if err == nil {
		f.known[account.FoldEmail(m.Email)] = m
	}
	return err
}

// ReadMACs reads a sheet or a list of MACs (TPL-16): XLSX, CSV in any encoding, with a column MAC or without titles.
func ReadMACs(raw []byte) ([]fleet.MACText, error) {
	reading, err := Read(macForm, raw)
	if err != nil {
		return nil, err
	}
	out := make([]fleet.MACText, len(reading.Rows))
	for i, row := range reading.Rows {
		out[i] = fleet.MACText{Text: row.Cells[0], Path: "line[" + strconv.Itoa(row.Line) + "]"}
	}
	return out, nil
}
