package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"vestibule/shared/secret"
)

// Ways to protect the connection to a mail server.
const (
	StartTLS = "starttls" // in the clear first, then TLS or nothing (RFC 3207)
	TLS      = "tls"      // TLS from the first byte (RFC 8314)
	NoTLS    = "none"     // for a server on this very machine
)

// SMTP sends over a mail server, one connection for each mail.
type SMTP struct {
	Address  string // host:port
	TLS      string // StartTLS, TLS or NoTLS
	User     string // empty: no sign-in
	Password secret.String
	Roots    *x509.CertPool // nil: the machine's
	From     mail.Address
}

// answerWithin is how long a mail server may take for each step.
const answerWithin = 20 * time.Second

// Place says where mail goes.
func (t SMTP) Place() (kind, address, from string) { return "smtp", t.Address, t.From.String() }

// Send sends one mail.
func (t SMTP) Send(ctx context.Context, m Message) error {
	written, err := compose(t.From, m)
	if err != nil {
		return &Refusal{Words: err.Error()}
	}
	client, err := t.client()
	if err != nil {
		return &Setback{Words: err.Error()}
	}
	return judge(client.DialAndSendWithContext(ctx, written))
}

func (t SMTP) client() (*gomail.Client, error) {
	host, port, err := net.SplitHostPort(t.Address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	options := []gomail.Option{
		gomail.WithPort(number), gomail.WithTimeout(answerWithin), gomail.WithTLSPolicy(gomail.TLSMandatory),
		gomail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: t.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch t.TLS {
	case TLS:
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if t.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(t.User), gomail.WithPassword(t.Password.Reveal()))
	}
	return gomail.NewClient(host, options...)
}

// judge turns the library's error into a Refusal or a Setback. Only a no to the recipient, and not one of policy (5.7: relaying, sender),
// speaks about the address; a no to anything before the content is about this service's configuration, which somebody may mend.
func judge(err error) error {
	if err == nil {
		return nil
	}
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		return &Setback{Words: err.Error()}
	}
	code := failed.ErrorCode()
	if code < 500 || failed.IsTemp() {
		return &Setback{Code: code, Words: failed.Error()}
	}
	switch failed.Reason {
	case gomail.ErrSMTPRcptTo:
		if strings.HasPrefix(failed.EnhancedStatusCode(), "5.7") {
			return &Setback{Code: code, Words: failed.Error()}
		}
		return &Refusal{Address: true, Code: code, Words: failed.Error()}
	case gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		return &Refusal{Code: code, Words: failed.Error()}
	}
	return &Setback{Code: code, Words: failed.Error()}
}

// compose makes the mail of a message: plain text and HTML beside each other.
func compose(from mail.Address, m Message) (*gomail.Msg, error) {
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	out.FromMailAddress(&from)
	if err := out.To(m.To); err != nil {
		return nil, err
	}
	_, host, _ := strings.Cut(from.Address, "@")
	out.SetMessageIDWithValue(m.ID.String() + "@" + host) // the same at every try, so that a mailbox can tell a copy
	out.SetDateWithValue(m.Date)
	out.Subject(m.Subject)
	out.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers by machines
	out.SetGenHeader("Content-Language", m.Language)
	if m.Unsubscribe != "" {
		out.SetGenHeader("List-Unsubscribe", "<"+m.Unsubscribe+">")
	}
	out.SetBodyString(gomail.TypeTextPlain, m.Text)
	out.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return out, nil
}

// ParseFrom reads a sender: an address, or a name with an address in angle brackets.
func ParseFrom(text string) (mail.Address, error) {
	from, err := mail.ParseAddress(text)
	if err != nil {
		return mail.Address{}, fmt.Errorf("%q is no sender such as Vestibule <doors@example.com>", text)
	}
	if from.Name == "" {
		from.Name = Product
	}
	return *from, nil
}
