package mail

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/shared/secret"
)

func writer() *Service {
	return New(Config{PublicURL: "https://doors.example.com", Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
}

var places = regexp.MustCompile(`\{[a-z_]+\}`)

// shape gives every key of a language with its places, whatever the words.
func shape(t *testing.T, language string) map[string][]string {
	t.Helper()
	data, err := files.ReadFile("text/" + language + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatalf("%s: %v", language, err)
	}
	out := map[string][]string{}
	var walk func(path string, node any)
	walk = func(path string, node any) {
		switch node := node.(type) {
		case map[string]any:
			for key, child := range node {
				walk(path+"."+key, child)
			}
		case []any:
			var all []string
			for _, child := range node {
				text, _ := child.(string)
				all = append(all, text)
			}
			walk(path, strings.Join(all, " "))
		case string:
			found := places.FindAllString(node, -1)
			slices.Sort(found)
			out[path] = slices.Compact(found)
			if node == "" && !strings.HasSuffix(path, ".button") {
				t.Errorf("%s%s is empty", language, path)
			}
		}
	}
	walk("", tree)
	return out
}

// Every language says the same: same keys, same values at their places, a word for every kind of letter.
//
// shows PEOPLE-03 by cloud/mail/letter.go: "zh-Hans" => "	return []string{\"en\"}"
func TestText_TwelveLanguagesSayTheSame(t *testing.T) {
	want := shape(t, "en")
	if n := len(Languages()); n != 12 {
		t.Fatalf("%d languages", n)
	}
	seen := map[string]string{}
	for _, language := range Languages() {
		got := shape(t, language)
		for key, found := range want {
			if !slices.Equal(got[key], found) {
				t.Errorf("%s%s holds %v, English %v", language, key, got[key], found)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s has %d texts, English %d", language, len(got), len(want))
		}
		for _, kind := range Kinds() {
			written, err := writer().Preview(kind, language)
			if err != nil {
				t.Fatalf("%s %s: %v", language, kind, err)
			}
			if written.Subject == "" || strings.ContainsAny(written.Subject+written.Text, "{}") {
				t.Errorf("%s %s: %q\n%s", language, kind, written.Subject, written.Text)
			}
			if !strings.Contains(written.HTML, `<html lang="`+language+`">`) {
				t.Errorf("%s %s: the HTML does not name its language", language, kind)
			}
		}
		activation, _ := writer().Preview(Activation, language)
		if other, twice := seen[activation.Subject]; twice {
			t.Errorf("%s and %s have the same words", language, other)
		}
		seen[activation.Subject] = language
	}
}

func TestRender_LinkStandsAloneAndValuesAreOnlyText(t *testing.T) {
	link := "https://doors.example.com/activate#token=abc"
	written, err := writer().render(Letter{
		Kind: Activation, Language: "en", Link: secret.New(link), Expires: time.Date(2026, 11, 24, 14, 5, 0, 0, time.UTC),
		Values: map[string]string{"name": "<b>x</b>\r\nBcc: eve@example.com", "organisation": "{link} & {name}\u202e"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(strings.Split(written.Text, "\n"), link) {
		t.Errorf("the link does not stand alone:\n%s", written.Text)
	}
	if strings.Contains(written.HTML, "<b>") || !strings.Contains(written.HTML, "&lt;b&gt;x&lt;/b&gt;") || !strings.Contains(written.HTML, `href="`+link+`"`) {
		t.Errorf("the HTML:\n%s", written.HTML)
	}
	if !strings.Contains(written.Text, "{link} & {name} has made") || strings.Contains(written.Text, "\nBcc:") || strings.Contains(written.Text, "\u202e") {
		t.Errorf("the text:\n%s", written.Text)
	}
	if !strings.Contains(written.Text, "until 2026-11-24 14:05 UTC.") {
		t.Errorf("no end:\n%s", written.Text)
	}
}

func TestRender_CodeAnnouncementAndUnknownLanguage(t *testing.T) {
	code, err := writer().render(Letter{Kind: FactorCode, Language: "xx", Link: secret.New("123456"), Expires: time.Now()})
	if err != nil || !slices.Contains(strings.Split(code.Text, "\n"), "123456") || strings.Contains(code.Subject, "123456") {
		t.Errorf("%v: %s", err, code.Text)
	}
	news, err := writer().render(Letter{Kind: Announcement, Language: "en", Values: map[string]string{"title": "One\r\nBcc: eve@example.com", "text": "First\nSecond"}})
	if err != nil || news.Subject != "One Bcc: eve@example.com" && news.Subject != "One  Bcc: eve@example.com" {
		t.Errorf("%v: subject %q", err, news.Subject)
	}
	if !strings.Contains(news.Text, "First\nSecond") || !strings.Contains(news.Text, "https://doors.example.com/profile") {
		t.Errorf("the text:\n%s", news.Text)
	}
}

func TestRender_SaysWhatWhoEnteredMayDo(t *testing.T) {
	for _, language := range Languages() {
		said := map[string]bool{}
		for _, kind := range []Kind{Entered, BrokeGlass} {
			for _, writes := range []string{"true", "false"} {
				written, err := writer().render(Letter{Kind: kind, Language: language, Values: map[string]string{"actor": "{reason}", "writes": writes}})
				if err != nil {
					t.Fatal(err)
				}
				// A name never fills a place, and each of the four letters differs.
				if said[written.Text] || !strings.Contains(written.Text, "{reason}") {
					t.Errorf("%s %s writes=%s:\n%s", language, kind, writes, written.Text)
				}
				said[written.Text] = true
			}
		}
	}
}
