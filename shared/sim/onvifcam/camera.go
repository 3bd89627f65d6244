package onvifcam

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"vestibule/shared/sim/digestauth"
)

const (
	realm   = "ONVIF"
	maxBody = 64 << 10
	profile = "main"
)

// Options describe a camera.
type Options struct {
	Addr                 netip.AddrPort // port 0 picks one
	User, Password       string
	Model, MAC, Firmware string        // MAC: 12 hexadecimal digits
	Skew                 time.Duration // its clock is ahead by this
	Host                 string        // the name it has for itself in addresses; "" = the address that it is asked at
}

// Quirks are bad habits. The zero value has none.
type Quirks struct {
	LoginPage bool   // a page for people instead of XML
	Deep      bool   // an answer nested a hundred thousand times
	Picture   []byte // instead of its picture
	NoMAC     bool   // it names no card
}

// Camera is a simulated camera.
type Camera struct {
	o        Options
	guard    *digestauth.Guard
	listener net.Listener
	http     *http.Server

	mu     sync.Mutex
	quirks Quirks
	seen   map[string]bool // tokens that were used
	asked  map[string]int  // by operation
}

// Listen opens the port.
func Listen(o Options) (*Camera, error) {
	l, err := net.Listen("tcp", o.Addr.String())
	if err != nil {
		return nil, err
	}
	c := &Camera{o: o, guard: digestauth.NewGuard(realm, "MD5"), listener: l, seen: map[string]bool{}, asked: map[string]int{}}
	c.http = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	return c, nil
}

// Addr is the bound address.
func (c *Camera) Addr() netip.AddrPort { return c.listener.Addr().(*net.TCPAddr).AddrPort() }

// Run serves until ctx ends.
func (c *Camera) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = c.http.Close() })
	defer stop()
	if err := c.http.Serve(c.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return ctx.Err()
}

// SetQuirks changes the habits.
func (c *Camera) SetQuirks(q Quirks) {
	c.mu.Lock()
	c.quirks = q
	c.mu.Unlock()
}

// Asked tells how often an operation was carried out.
func (c *Camera) Asked(operation string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked[operation]
}

// request is what an envelope asks.
type request struct {
	operation string
	token     token
	profile   string
}

// token is a WS-UsernameToken.
type token struct{ Username, Password, Nonce, Created string }

// parse reads an envelope: the operation is the first element of its body.
func parse(raw []byte) (request, error) {
	var in struct {
		Header struct {
			Security struct{ UsernameToken token }
		}
		Body struct {
			Any struct {
				XMLName      xml.Name
				ProfileToken string
			} `xml:",any"`
		}
	}
	if err := xml.Unmarshal(raw, &in); err != nil {
		return request{}, err
	}
	return request{in.Body.Any.XMLName.Local, in.Header.Security.UsernameToken, in.Body.Any.ProfileToken}, nil
}

// open are the operations that need no login (ONVIF Core 5.9.1).
var open = map[string]bool{"GetSystemDateAndTime": true, "GetServices": true, "GetCapabilities": true}

// ServeHTTP serves both services at any path, and the picture.
func (c *Camera) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	q := c.quirks
	c.mu.Unlock()
	if r.Method == http.MethodGet && r.URL.Path == "/picture.jpg" {
		c.picture(w, r, q)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	req, bad := parse(raw)
	switch {
	case q.LoginPage:
		_, _ = io.WriteString(w, "<!doctype html><html><body>Log in</body></html>")
	case err != nil || bad != nil:
		answer(w, http.StatusBadRequest, refusal("ter:WellFormed", "no SOAP"))
	case !open[req.operation] && !c.proves(req.token):
		answer(w, http.StatusBadRequest, refusal("ter:NotAuthorized", "Sender not Authorized"))
	case q.Deep:
		answer(w, http.StatusOK, strings.Repeat("<a>", 100_000))
	default:
		c.carryOut(w, r, req, q)
	}
}

func (c *Camera) carryOut(w http.ResponseWriter, r *http.Request, req request, q Quirks) {
	c.mu.Lock()
	c.asked[req.operation]++
	c.mu.Unlock()
	host := c.o.Host
	if host == "" {
		host = r.Host
	}
	text, known := c.answers(req, host, q)
	if !known {
		answer(w, http.StatusInternalServerError, refusal("ter:ActionNotSupported", "Optional Action Not Implemented"))
		return
	}
	answer(w, http.StatusOK, text)
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>
<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:ter="http://www.onvif.org/ver10/error" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema">
<env:Body>%s</env:Body></env:Envelope>`, body)
}

func refusal(code, reason string) string {
	return fmt.Sprintf(`<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value>%s</env:Value></env:Subcode></env:Code><env:Reason><env:Text xml:lang="en">%s</env:Text></env:Reason></env:Fault>`, code, reason)
}

// picture serves the still behind HTTP digest.
func (c *Camera) picture(w http.ResponseWriter, r *http.Request, q Quirks) {
	verdict := c.guard.Check(r.Header.Get("Authorization"), digestauth.Request{Method: r.Method, URI: r.RequestURI},
		func(user string) (string, bool) { return c.o.Password, user == c.o.User })
	if verdict != digestauth.Granted {
		w.Header().Set("WWW-Authenticate", c.guard.Challenge(verdict == digestauth.Stale))
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	data := q.Picture
	if data == nil {
		data = still()
	}
	_, _ = w.Write(data)
}

// still is a small grey picture.
func still() []byte {
	img := image.NewGray(image.Rect(0, 0, 32, 24))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: byte(i)}.Y
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // a buffer takes everything
	return b.Bytes()
}
