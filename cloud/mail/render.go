package mail

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	html "html/template"
	"strings"
	"sync"
	text "text/template"
	"time"
	"unicode"

	"vestibule/shared/secret"
)

// Words as data: one file for each language, and one layout for each form.
//
//go:embed text/*.json layout.html layout.txt
var files embed.FS

// phrases are the words of one language.
type phrases struct {
	Common map[string]string `json:"common"`
	What   map[string]string `json:"what"`
	Kinds  map[Kind]struct {
		Subject string   `json:"subject"`
		Heading string   `json:"heading"`
		Text    []string `json:"text"`
		Button  string   `json:"button"`
	} `json:"kinds"`
}

type templates struct {
	words map[string]phrases
	html  *html.Template
	text  *text.Template
}

var loaded = sync.OnceValues(func() (templates, error) {
	t := templates{words: map[string]phrases{}}
	for _, language := range Languages() {
		data, err := files.ReadFile("text/" + language + ".json")
		if err != nil {
			return t, err
		}
		var p phrases
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&p); err != nil {
			return t, fmt.Errorf("text/%s.json: %w", language, err)
		}
		t.words[language] = p
	}
	var err error
	if t.html, err = html.ParseFS(files, "layout.html"); err != nil {
		return t, err
	}
	t.text, err = text.ParseFS(files, "layout.txt")
	return t, err
})

// Product is the name in the mark of every mail, and the sender's name unless another is configured.
const Product = "Vestibule"

// unasked are letters that somebody else may have caused: they say that nothing need be done.
var unasked = map[Kind]bool{Reset: true, ConfirmEmail: true, FactorCode: true}

// Written is a letter in the words of its reader.
type Written struct{ Subject, Text, HTML string }

// page is what the layouts are filled with.
type page struct {
	Language, Mark, Subject, Heading, Hello string
	Paragraphs                              []string
	Button, Link, Code                      string
	Address, Once, Unasked                  string
	Footer                                  []string
}

// Link is a link as the HTML layout may print it: it was made by the service, never by a person.
func (p page) Href() html.URL { return html.URL(p.Link) } //nolint:gosec // see the comment

// render writes a letter. A value that the words ask for and the letter lacks is empty.
func (s *Service) render(l Letter) (Written, error) {
	t, err := loaded()
	if err != nil {
		return Written{}, fmt.Errorf("mail: %w", err)
	}
	words, known := t.words[l.Language]
	if !known {
		words = t.words[Languages()[0]]
		l.Language = Languages()[0]
	}
	kind, known := words.Kinds[l.Kind]
	if !known {
		return Written{}, fmt.Errorf("mail: no words for %q", l.Kind)
	}
	fill := filler(words, l, s.cfg.PublicURL)
	p := page{
		Language: l.Language, Mark: Product, Subject: clean(fill(kind.Subject), false), Heading: clean(fill(kind.Heading), false),
		Hello: fill(words.Common["hello"]), Footer: []string{fill(words.Common["footer"])},
	}
	if clean(l.Values["name"], false) == "" {
		p.Hello = fill(words.Common["hello_nobody"])
	}
	for _, paragraph := range kind.Text {
		p.Paragraphs = append(p.Paragraphs, fill(paragraph))
	}
	switch {
	case l.Kind == FactorCode:
		p.Code, p.Once = l.Link.Reveal(), fill(words.Common["once_code"])
	case !l.Link.IsZero():
		p.Link, p.Button, p.Address, p.Once = l.Link.Reveal(), fill(kind.Button), fill(words.Common["address"]), fill(words.Common["once_link"])
	case l.Values["page"] != "":
		p.Link, p.Button, p.Address = s.cfg.PublicURL+l.Values["page"], fill(kind.Button), fill(words.Common["address"])
	}
	if unasked[l.Kind] {
		p.Unasked = fill(words.Common["unasked"])
	}
	if l.Kind == Announcement {
		p.Footer = append(p.Footer, fill(words.Common["unsubscribe"]))
	}
	var plain, rich bytes.Buffer
	if err := t.text.Execute(&plain, p); err != nil {
		return Written{}, fmt.Errorf("mail: %w", err)
	}
	if err := t.html.Execute(&rich, p); err != nil {
		return Written{}, fmt.Errorf("mail: %w", err)
	}
	return Written{Subject: p.Subject, Text: plain.String(), HTML: rich.String()}, nil
}

// filler puts a letter's values into the places of a phrase: {name}. What a value holds is never filled again.
func filler(words phrases, l Letter, portal string) func(string) string {
	values := map[string]string{"service": Product, "profile": portal + "/profile", "expires": shown(l.Expires)}
	for key, value := range l.Values {
		value = clean(value, key == "text" || key == "reason")
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			value = shown(at)
		}
		values[key] = value
	}
	if what, known := words.What[values["what"]]; known {
		values["what"] = what
	} else {
		values["what"] = words.What["other"]
	}
	fill := func(phrase string) string {
		var out strings.Builder
		for {
			before, rest, open := strings.Cut(phrase, "{")
			out.WriteString(before)
			key, after, shut := strings.Cut(rest, "}")
			if !open || !shut {
				return out.String()
			}
			out.WriteString(values[key])
			phrase = after
		}
	}
	if values["file"] == "" {
		values["file"] = words.Common["bulk"]
	}
	values["rights"] = fill(words.Common["reads"])
	if l.Values["writes"] == "true" {
		values["rights"] = fill(words.Common["writes"])
	}
	return fill
}

// shown writes a time so that it reads the same in every language.
func shown(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// clean drops control characters, so that no value can begin a header or a line of its own; lines keep line breaks.
func clean(value string, lines bool) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == unicode.ReplacementChar, unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(value, ""), "\r\n", "\n")))
}

// Preview writes a letter with sample values: no link or code of it works.
func (s *Service) Preview(kind Kind, language string) (Written, error) {
	l := Letter{Kind: kind, Language: language, Expires: s.now().Add(24 * time.Hour), Values: map[string]string{
		"name": "Ada Lovelace", "organisation": "Doors Ltd", "address": "192.0.2.1", "wait": "15", "what": "password", "actor": "Grace Hopper",
		"until": s.now().Add(time.Hour).Format(time.RFC3339), "reason": "Ticket 4711", "from": "Alan Turing", "text": "The gate closes very loudly at night.",
		"site": "Riverside 12", "day": "2026-12-05", "title": "Maintenance on Sunday", "writes": "false",
		"file": "homes.xlsx", "added": "118", "changed": "2",
	}}
	switch kind {
	case Expiring:
		l.Values["text"] = "101, House A\n102, House A"
	case Disconnected:
		l.Values["text"] = "Entrance, 2026-11-28 09:15"
	case SheetApplied, SheetUndone, SheetStopped:
		l.Values["page"] = "/sites"
	case FactorCode:
		l.Link = secret.New("000000")
	case Activation, AppPassword:
		l.Link = secret.New(s.cfg.PublicURL + "/activate#token=sample")
	case Reset:
		l.Link = secret.New(s.cfg.PublicURL + "/reset#token=sample")
	case ConfirmEmail:
		l.Link = secret.New(s.cfg.PublicURL + "/confirm#token=sample")
	}
	return s.render(l)
}
