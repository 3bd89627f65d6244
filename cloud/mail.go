package cloud

import (
	"context"
	"crypto/x509"
	"fmt"
	stdmail "net/mail"
	"net/url"
	"os"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/jobs"
	"vestibule/cloud/mail"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// MailConfig says how mails leave: over a mail server, into a folder, or not yet.
type MailConfig struct {
	SMTP         string // host:port of a mail server
	TLS          string // mail.StartTLS (default), mail.TLS, or mail.NoTLS on loopback alone
	CA           string // PEM file of the authority that signed the server's certificate; empty: the machine's
	User         string
	PasswordFile string // one line; never a flag's value, which everybody on the machine can read
	From         string // address, or name <address>; needed with SMTP
	Folder       string // mails become files here
}

// post makes what writes and sends mail, and the work that comes by itself.
func (c *Cloud) post(ctx context.Context) error {
	out, err := c.cfg.Mail.transport(c.publicURL)
	if err != nil {
		return err
	}
	c.mail = mail.New(mail.Config{
		Store: c.store, Queue: c.jobs, Notices: toldLater{c}, Transport: out, PublicURL: c.publicURL, Record: c.recordOwn, Now: time.Now, Logger: c.cfg.Logger,
	})
	c.jobs.Handle(mail.JobName, jobs.Options{Tries: mail.JobTries, Timeout: mail.JobTimeout}, func(ctx context.Context, body []byte) error {
		try, of := jobs.TryOf(ctx)
		return c.mail.Send(ctx, body, try, of)
	})
	c.jobs.Every("mail_purge", time.Hour, c.mail.Purge)
	c.jobs.Every("purge", time.Hour, func(ctx context.Context) error { return c.store.PurgeExpired(ctx, time.Now()) })
	return c.mail.Resume(ctx)
}

// recordOwn keeps an entry about the acting person's own organisation.
func (c *Cloud) recordOwn(ctx context.Context, e audit.Entry) error {
	if caller, ok := account.From(ctx); ok {
		e.Org = caller.Org
	}
	return c.store.Record(ctx, account.Stamp(ctx, e))
}

// toldLater gives notices to the service that is there when one is given: mail and notices need each other.
type toldLater struct{ c *Cloud }

// Tell gives an account a notice.
func (t toldLater) Tell(ctx context.Context, to domain.AccountID, kind string, values map[string]string) error {
	return t.c.notices.Tell(ctx, to, kind, values)
}

// check finds faults without touching anything.
func (m MailConfig) check(fail func(ok bool, flag, format string, args ...any)) {
	fail(m.SMTP == "" || m.Folder == "", "mail-folder", "Mails go to a mail server or into a folder, not both.")
	fail(m.TLS == "" || m.TLS == mail.StartTLS || m.TLS == mail.TLS || m.TLS == mail.NoTLS, "smtp-tls", "%s, %s or %s.", mail.StartTLS, mail.TLS, mail.NoTLS)
	fail((m.User == "") == (m.PasswordFile == ""), "smtp-password-file", "User and password file go together.")
	if m.From != "" || m.SMTP != "" {
		_, err := mail.ParseFrom(m.From)
		fail(err == nil, "mail-from", "%q is no sender such as Vestibule <doors@example.com>.", m.From)
	}
	if m.SMTP != "" {
		fail(serverAddress(m.SMTP), "smtp", "%q is not an address such as mail.example.com:587.", m.SMTP)
		fail(m.TLS != mail.NoTLS || loopback(m.SMTP), "smtp-tls", "%q is not on this machine: without TLS others could read every link.", m.SMTP)
	}
}

// serverAddress tells whether text is host:port with a port that a server can have.
func serverAddress(text string) bool {
	u, err := url.Parse("smtp://" + text)
	return err == nil && u.Hostname() != "" && u.Port() != "" && u.Host == text
}

// transport makes the way out; nil when there is none.
func (m MailConfig) transport(publicURL string) (mail.Transport, error) {
	from, err := m.sender(publicURL)
	if err != nil || m.SMTP == "" && m.Folder == "" {
		return nil, err
	}
	if m.Folder != "" {
		return mail.Folder{Dir: m.Folder, From: from}, nil
	}
	out := mail.SMTP{Address: m.SMTP, TLS: m.TLS, User: m.User, From: from}
	if m.PasswordFile != "" {
		text, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("--smtp-password-file: %w", err)
		}
		out.Password = secret.New(strings.TrimRight(string(text), "\r\n"))
	}
	if m.CA != "" {
		text, err := os.ReadFile(m.CA)
		if err != nil {
			return nil, fmt.Errorf("--smtp-ca: %w", err)
		}
		if out.Roots = x509.NewCertPool(); !out.Roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--smtp-ca: %s holds no certificate", m.CA)
		}
	}
	return out, nil
}

// sender is who mails come from: what is configured, or the name of the portal's host.
func (m MailConfig) sender(publicURL string) (stdmail.Address, error) {
	if m.From != "" {
		return mail.ParseFrom(m.From)
	}
	u, err := url.Parse(publicURL)
	if err != nil {
		return stdmail.Address{}, err
	}
	return stdmail.Address{Name: mail.Product, Address: "vestibule@" + u.Hostname()}, nil
}
