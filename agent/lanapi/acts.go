package lanapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"vestibule/agent/door"
	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/secret"
)

func (p *Page) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{\"status\":\"ok\"}\n"))
}

// claim joins the box to a site, once. The same sentence and the same wait meet every wrong try.
func (p *Page) claim(w http.ResponseWriter, r *http.Request) {
	if p.cfg.Claimer.Claimed() {
		http.Error(w, "This box is claimed.", http.StatusUnauthorized)
		return
	}
	if wait := p.claims.take(source(r), p.cfg.Clock.Now()); wait > 0 {
		w.Header().Set("Retry-After", seconds(wait))
		p.show(w, http.StatusTooManyRequests, "claim", p.form("Too many tries. Wait "+inWords(wait)+"."))
		return
	}
	c := Claim{Link: field(r, "link"), Address: field(r, "address"), Code: field(r, "code")}
	if c.Link == "" && (c.Address == "" || c.Code == "") {
		p.show(w, http.StatusUnprocessableEntity, "claim", p.form("Paste the link, or type the address and the code."))
		return
	}
	if err := p.cfg.Claimer.Claim(r.Context(), c); err != nil {
		p.cfg.Logger.LogAttrs(r.Context(), slog.LevelWarn, "claim refused", slog.String(logkey.Addr, source(r).String()), slog.Any(logkey.Err, err))
		p.show(w, http.StatusUnprocessableEntity, "claim", p.form(fault.Message(err)))
		return
	}
	p.claims.right(source(r))
	if _, err := p.EnsurePIN(); err != nil {
		p.cfg.Logger.LogAttrs(r.Context(), slog.LevelError, "no PIN", slog.Any(logkey.Err, err))
	}
	form := p.form("")
	form.PIN = p.secretPIN().Reveal() // shown once, to the one who claimed
	p.show(w, http.StatusOK, "claimed", form)
}

func (p *Page) secretPIN() secret.String {
	p.pinMu.Lock()
	defer p.pinMu.Unlock()
	return p.pin
}

func field(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

// enter judges a PIN.
func (p *Page) enter(w http.ResponseWriter, r *http.Request) {
	if !p.cfg.Claimer.Claimed() {
		http.Error(w, "This box is not claimed.", http.StatusUnauthorized)
		return
	}
	if _, err := p.EnsurePIN(); err != nil {
		http.Error(w, "The PIN cannot be read.", http.StatusInternalServerError)
		return
	}
	switch wait, right := p.judge(r, field(r, "pin")); {
	case wait > 0:
		w.Header().Set("Retry-After", seconds(wait))
		p.show(w, http.StatusTooManyRequests, "pin", p.form("Too many wrong PINs. Wait "+inWords(wait)+"."))
	case !right:
		p.show(w, http.StatusUnauthorized, "pin", p.form("This is not the PIN."))
	default:
		http.SetCookie(w, p.sessions.begin(p.cfg.Clock.Now()))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

// judge spends a try on a PIN. wait is positive when there is none to spend.
func (p *Page) judge(r *http.Request, pin string) (wait time.Duration, right bool) {
	from := source(r)
	if wait := p.lock.take(from, p.cfg.Clock.Now()); wait > 0 {
		p.guessed(r)
		return wait, false
	}
	if given := secret.New(strings.ReplaceAll(pin, " ", "")); given.IsZero() || !given.Equal(p.secretPIN()) {
		return 0, false
	}
	p.lock.right(from)
	p.cfg.Conditions.Clear(r.Context(), health.PINLocked, health.About{})
	return 0, true
}

// scraped gives the numbers to whoever is signed in, and to Prometheus, which keeps no session: the password of its basic_auth is the PIN, and judged as
// that of the form is.
func (p *Page) scraped(w http.ResponseWriter, r *http.Request) {
	_, pin, given := r.BasicAuth()
	if !given || !p.cfg.Claimer.Claimed() {
		p.guarded(p.cfg.Metrics.ServeHTTP)(w, r)
		return
	}
	if _, err := p.EnsurePIN(); err != nil {
		http.Error(w, "The PIN cannot be read.", http.StatusInternalServerError)
		return
	}
	switch wait, right := p.judge(r, pin); {
	case wait > 0:
		w.Header().Set("Retry-After", seconds(wait))
		http.Error(w, "Too many wrong PINs. Wait "+inWords(wait)+".", http.StatusTooManyRequests)
	case !right:
		http.Error(w, "This is not the PIN.", http.StatusUnauthorized)
	default:
		p.cfg.Metrics.ServeHTTP(w, r)
	}
}

// guessed notes that somebody guesses: one row, until a right PIN comes.
func (p *Page) guessed(r *http.Request) {
	for _, c := range p.cfg.Conditions.List() {
		if c.Code == health.PINLocked {
			return
		}
	}
	detail := "from " + source(r).String()
	p.cfg.Conditions.Raise(r.Context(), health.PINLocked, health.About{}, detail)
	if k, ok := p.cfg.Knowledge(); ok && k.Log != nil {
		if err := k.Log.Append(context.WithoutCancel(r.Context()), domain.EventSecurity, domain.NoteBody{What: "wrong_pin", Detail: detail}); err != nil {
			p.cfg.Logger.LogAttrs(r.Context(), slog.LevelError, "security row not written", slog.Any(logkey.Err, err))
		}
	}
}

func (p *Page) leave(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, p.sessions.end(r))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// verify checks the log that waits here.
func (p *Page) verify(w http.ResponseWriter, r *http.Request) {
	k, ok := p.cfg.Knowledge()
	if !ok {
		http.Error(w, "The agent is starting.", http.StatusServiceUnavailable)
		return
	}
	text, err := k.Verify(r.Context())
	if err != nil {
		p.cfg.Logger.LogAttrs(r.Context(), slog.LevelError, "log not checked", slog.Any(logkey.Err, err))
		text = "The log could not be checked."
	}
	p.sessions.note(r, text, p.cfg.Clock.Now())
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// openWithin bounds a relay test.
const openWithin = 10 * time.Second

// open tests a relay. The result stands on the page, in the log and in nothing else.
func (p *Page) open(w http.ResponseWriter, r *http.Request) {
	k, ok := p.cfg.Knowledge()
	if !ok {
		http.Error(w, "The agent is starting.", http.StatusServiceUnavailable)
		return
	}
	id, err := domain.ParseID[domain.DeviceID](field(r, "device"))
	n := number(field(r, "relay"))
	if err != nil || n == 0 {
		http.Error(w, "No such relay.", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), openWithin)
	defer cancel()
	out := k.Doors.Open(ctx, door.Ask{DeviceID: id, Relay: n, Means: domain.MeansLocal, By: "agent's page, " + source(r).String()})
	name := id.String()
	if dev, ok := k.View().Devices[id]; ok {
		name = dev.Name
		if rel, ok := dev.Relay(n); ok {
			name += ", " + rel.Name
		}
	}
	text := name + ": " + resultWords(out)
	p.sessions.note(r, text, p.cfg.Clock.Now())
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// resultWords says honestly what is known.
func resultWords(out door.Outcome) string {
	switch out.Result {
	case domain.ActDone:
		return fmt.Sprintf("opened (%d ms).", out.Took.Milliseconds())
	case domain.ActRefused:
		return "refused: " + words(string(out.Reason)) + "."
	case domain.ActExpired:
		return "not opened: too late."
	case domain.ActUnknown:
		return "no answer after the command. It may have opened."
	}
	return "not opened: " + words(string(out.Reason)) + "."
}

func words(code string) string { return strings.ReplaceAll(code, "_", " ") }

func seconds(d time.Duration) string { return fmt.Sprint(int((d + time.Second - 1) / time.Second)) }

func inWords(d time.Duration) string {
	if d <= time.Minute {
		return seconds(d) + " seconds"
	}
	return fmt.Sprintf("%d minutes", int((d+time.Minute-1)/time.Minute))
}
