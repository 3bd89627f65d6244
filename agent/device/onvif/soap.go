package onvif

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // WS-UsernameToken knows SHA-1 only
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
)

// Namespaces of what is sent; of what comes back only local names count, because devices choose prefixes as they like.
const (
	deviceNS = "http://www.onvif.org/ver10/device/wsdl"
	mediaNS  = "http://www.onvif.org/ver10/media/wsdl"
)

// devicePath is where the device service is by the standard (ONVIF Core 5.1.1).
const devicePath = "/onvif/device_service"

// question is one request to a service.
type question struct {
	op   string // for errors
	path string
	body string
	open bool // needs no login
}

// fault is how a service says no.
type fault struct {
	Code struct {
		Subcode struct {
			Value string
		}
	}
	Reason struct {
		Text string
	}
}

// ask sends a question and reads the content of the answer's body into out.
func (c *Camera) ask(ctx context.Context, q question, out any) error {
	answer, err := c.web.Do(ctx, web.Call{
		Op: q.op, Method: http.MethodPost, Path: q.path, Type: "application/soap+xml; charset=utf-8", Body: c.envelope(q), Open: q.open,
	})
	if err != nil {
		return err
	}
	return read(q.op, answer, out)
}

// read takes an answer apart. A fault comes with status 400 or 500, and on some devices with 200.
func read(op string, a web.Answer, out any) error {
	if len(a.Body) > web.MaxBody {
		return &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the answer is over the limit")}
	}
	var envelope struct {
		Body struct {
			Fault *fault
			Inner []byte `xml:",innerxml"`
		}
	}
	err := xml.Unmarshal(a.Body, &envelope)
	switch f := envelope.Body.Fault; {
	case a.Status == http.StatusUnauthorized, err == nil && f != nil && strings.HasSuffix(f.Code.Subcode.Value, "NotAuthorized"):
		return &device.Error{Kind: device.Unauthorised, Op: op, Err: errors.New("the device does not take the user or the password")}
	case err == nil && f != nil:
		return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("%q", device.Printable(f.Reason.Text))}
	case a.Status != http.StatusOK:
		return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("status %d", a.Status)}
	case err != nil:
		return &device.Error{Kind: device.Garbled, Op: op, Err: err}
	}
	if err := xml.Unmarshal(bytes.TrimSpace(envelope.Body.Inner), out); err != nil {
		return &device.Error{Kind: device.Garbled, Op: op, Err: err}
	}
	return nil
}

// envelope writes a request, with the token of the user unless the question is open to all.
func (c *Camera) envelope(q question) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">`)
	c.mu.Lock()
	user, password, offset := c.access.User, c.access.Password, c.offset
	c.mu.Unlock()
	if !q.open && user != "" {
		b.WriteString(token(user, password.Reveal(), time.Now().Add(offset)))
	}
	fmt.Fprintf(&b, `<s:Body>%s</s:Body></s:Envelope>`, q.body)
	return b.Bytes()
}

// token is the header that proves the password without showing it (WSS UsernameToken Profile 1.0). at is the device's own time: others it refuses.
func token(user, password string, at time.Time) string {
	const (
		wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
		wsu  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
		kind = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
		form = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
	)
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // it never fails
	created := at.UTC().Format("2006-01-02T15:04:05.000Z")
	sum := sha1.Sum(append(append(bytes.Clone(nonce), created...), password...)) //nolint:gosec // see the import
	return fmt.Sprintf(`<s:Header><Security s:mustUnderstand="1" xmlns="%s"><UsernameToken><Username>%s</Username><Password Type="%s">%s</Password>`+
		`<Nonce EncodingType="%s">%s</Nonce><Created xmlns="%s">%s</Created></UsernameToken></Security></s:Header>`,
		wsse, escaped(user), kind, base64.StdEncoding.EncodeToString(sum[:]), form, base64.StdEncoding.EncodeToString(nonce), wsu, created)
}

// escaped makes text harmless inside an element.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
