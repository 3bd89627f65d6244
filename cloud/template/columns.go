package template

import (
	"strings"
	"unicode"

	"vestibule/shared/domain"
)

// Kind says what a sheet describes.
type Kind string

// Kinds of sheets. The first four belong to kinds of sites.
const (
	Community     Kind = "community"
	Office        Kind = "office"
	SingleCompany Kind = "single_company"
	MultiCompany  Kind = "multi_company"
	MACs          Kind = "macs"
)

// Texts are words by language; "en" is always there.
type Texts map[string]string

// In gives the words of a language, else the English ones.
func (t Texts) In(language string) string {
	if text, ok := t[language]; ok {
		return text
	}
	return t["en"]
}

// Column is one column of a sheet. Its English title is the one of the guides.
type Column struct {
	Key      string
	Title    Texts
	Also     []string // other titles under which installers have it
	Hint     Texts
	Example  string
	Options  []string // the only values
	Required bool
	Width    float64
}

// Form is a sheet of one kind: the table that the template, the reader and the export are made from.
type Form struct {
	Kind    Kind
	Name    Texts // of the sheet and of its file
	Columns []Column
	// first tells whether the first row of a file without titles looks like this form in the order of the guides.
	first func(cells []string) bool
}

// Index gives the place of a column, -1 when the form has none.
func (f Form) Index(key string) int {
	for i, c := range f.Columns {
		if c.Key == key {
			return i
		}
	}
	return -1
}

// bareTitle is how titles are compared: letters and digits alone, in small letters.
func bareTitle(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}

// named finds the column with a title, in whatever language or variation; -1 when there is none.
func (f Form) named(title string) int {
	bare := bareTitle(title)
	if bare == "" {
		return -1
	}
	for i, c := range f.Columns {
		for _, t := range c.Title {
			if bareTitle(t) == bare {
				return i
			}
		}
		for _, t := range c.Also {
			if bareTitle(t) == bare {
				return i
			}
		}
	}
	return -1
}

// Languages are those that templates are written in.
func Languages() []string { return []string{"en", "de"} }

// Forms lists every form.
func Forms() []Form {
	return []Form{communityForm, officeForm, singleCompanyForm, multiCompanyForm, macForm}
}

// FormOf finds the form of a kind.
func FormOf(kind Kind) (Form, bool) {
	for _, f := range Forms() {
		if f.Kind == kind {
			return f, true
		}
	}
	return Form{}, false
}

// KindOf tells which kind of sheet describes a site; false when none does.
func KindOf(site domain.Site) (Kind, bool) {
	switch {
	case site.Kind == domain.Community || site.Kind == "":
		return Community, true
	case site.Kind == domain.Office:
		return Office, true
	case site.Kind == domain.Commercial && site.Form.Variant == domain.SingleCompany:
		return SingleCompany, true
	case site.Kind == domain.Commercial:
		return MultiCompany, true
	}
	return "", false
}
