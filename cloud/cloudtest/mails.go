package cloudtest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"vestibule/cloud"
	cloudmail "vestibule/cloud/mail"
)

// Mail is a mail as the mail server of a test took it.
type Mail struct {
	From, To string // of the envelope
	Subject  string
	Text     string
	HTML     string
	Language string // Content-Language
	Link     string // the first address of the web in Text
	Code     string // the first six digits that stand alone on a line of Text
	Header   mail.Header
	Raw      []byte
}

// Mails is a real mail server (SMTP) that keeps what it takes.
type Mails struct {
	Address string // host:port

	user, password string // of the sign-in without which it takes nothing; empty: it asks for none

	mu     sync.Mutex
	taken  []Mail
	refuse map[string]*smtp.SMTPError
	more   chan struct{} // closed by the next mail
}

// patience is how long Wait waits.
const patience = time.Minute

// CatchMails runs a mail server until the test ends.
func CatchMails(t testing.TB) *Mails {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &Mails{Address: listener.Addr().String(), refuse: map[string]*smtp.SMTPError{}, more: make(chan struct{})}
	m.serve(t, listener, nil)
	return m
}

// serve runs the server until the test ends; with a certificate it offers STARTTLS.
func (m *Mails) serve(t testing.TB, listener net.Listener, certificate *tls.Config) {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &envelope{mails: m}, nil }))
	server.TLSConfig = certificate
	server.Domain, server.ReadTimeout, server.WriteTimeout, server.MaxMessageBytes = "catcher.test", 10*time.Second, 10*time.Second, 1<<20
	server.ErrorLog = quiet{}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		_ = listener.Close()
		<-ended
	})
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// Into makes a cloud send its mails here.
func (m *Mails) Into(cfg *cloud.Config) {
	cfg.Mail = cloud.MailConfig{SMTP: m.Address, TLS: cloudmail.NoTLS, From: "Vestibule <doors@example.com>"}
}

// Refuse makes the server say no to a recipient, with a code and an enhanced code such as 550 5.1.1; code 0 ends that.
func (m *Mails) Refuse(to string, code int, enhanced [3]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if code == 0 {
		delete(m.refuse, to)
		return
	}
	m.refuse[to] = &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: "not for " + to}
}

// All gives every mail taken so far for an address; an empty address means every mail.
func (m *Mails) All(to string) []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.taken), func(one Mail) bool { return to != "" && one.To != to })
}

// Wait gives the first mail to an address for which is holds (nil: any), whether it came already or comes soon.
func (m *Mails) Wait(t testing.TB, to string, is func(Mail) bool) Mail {
	t.Helper()
	deadline := time.After(patience)
	for {
		m.mu.Lock()
		more := m.more
		m.mu.Unlock()
		all := m.All(to)
		for _, one := range all {
			if is == nil || is(one) {
				return one
			}
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no such mail to %s; %d others came", to, len(all))
		}
	}
}

// envelope is one conversation with the server.
type envelope struct {
	mails    *Mails
	from, to string
	known    bool // signed in
}

func (e *envelope) Reset()        { e.from, e.to = "", "" }
func (e *envelope) Logout() error { return nil }

func (e *envelope) Mail(from string, _ *smtp.MailOptions) error {
	if e.mails.user != "" && !e.known {
		return smtp.ErrAuthRequired
	}
	e.from = from
	return nil
}

func (e *envelope) Rcpt(to string, _ *smtp.RcptOptions) error {
	e.mails.mu.Lock()
	defer e.mails.mu.Unlock()
	if no := e.mails.refuse[to]; no != nil {
		return no
	}
	e.to = to
	return nil
}

func (e *envelope) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	one, err := ParseMail(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, Message: err.Error()}
	}
	one.From, one.To = e.from, e.to
	e.mails.mu.Lock()
	defer e.mails.mu.Unlock()
	e.mails.taken = append(e.mails.taken, one)
	close(e.mails.more)
	e.mails.more = make(chan struct{})
	return nil
}

var (
	firstLink = regexp.MustCompile(`https?://\S+`)
	firstCode = regexp.MustCompile(`(?m)^[0-9]{6}\r?$`)
)

// ParseMail reads a mail of two forms (RFC 2046 multipart/alternative).
func ParseMail(raw []byte) (Mail, error) {
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{}, err
	}
	out := Mail{Raw: raw, Header: message.Header, Language: message.Header.Get("Content-Language"), To: message.Header.Get("To")}
	if out.Subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		return out, err
	}
	_, options, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return out, err
	}
	parts := multipart.NewReader(message.Body, options["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, err
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			return out, err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			out.HTML = string(text)
		} else {
			out.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
		}
	}
	out.Link, out.Code = firstLink.FindString(out.Text), strings.TrimSpace(firstCode.FindString(out.Text))
	return out, nil
}
