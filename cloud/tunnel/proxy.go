package tunnel

import (
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
)

var errAway = errors.New("the device leads to another address")

func (o *session) newProxy(way http.RoundTripper) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: way, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: o.request, ModifyResponse: o.response,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			switch {
			case errors.Is(err, errAway):
				page(w, http.StatusBadGateway, "The device leads elsewhere", "Its page sends the browser to another address. A session shows this one device alone.")
			case o.ctx.Err() != nil:
				page(w, http.StatusGone, "This session has ended", "Open Remote Control anew from the device's page in the portal.")
			default:
				page(w, http.StatusBadGateway, "The device does not answer", "It may be busy or restarting. Try again.")
			}
		},
	}
}

// request makes of a browser's request one that the device may see: nothing of what signs the person in here, nothing of our names.
func (o *session) request(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = "http", o.host, o.host
	h := p.Out.Header
	for name := range h {
		if strings.HasPrefix(name, "Sec-Fetch-") || strings.HasPrefix(name, "Cf-") || strings.HasPrefix(name, "X-Real-") {
			h.Del(name)
		}
	}
	h.Del("Accept-Encoding") // bodies are looked at
	if scheme, _, _ := strings.Cut(h.Get("Authorization"), " "); !strings.EqualFold(scheme, "Basic") && !strings.EqualFold(scheme, "Digest") {
		h.Del("Authorization")
	}
	h.Del("Proxy-Authorization")
	if h.Get("Origin") != "" {
		h.Set("Origin", "http://"+o.host)
	}
	if referer, err := url.Parse(h.Get("Referer")); err == nil && referer.Host != "" {
		referer.Scheme, referer.Host, referer.User = "http", o.host, nil
		h.Set("Referer", referer.String())
	}
	h.Del("Cookie")
	if line := o.cookieLine(p.In.Cookies()); line != "" {
		h.Set("Cookie", line)
	}
}

// ours tells whether a cookie is one of ours: no device gets or sets such a one.
func ours(name string) bool {
	return strings.HasPrefix(strings.ToLower(name), "__") || strings.Contains(strings.ToLower(name), "vestibule")
}

// cookieLine is what a device is sent. What it has set itself has the value that it set, whatever another host of the domain put beside it in the browser;
// what its page has set goes along when it stands there once.
func (o *session) cookieLine(sent []*http.Cookie) string {
	count := map[string]int{}
	for _, c := range sent {
		count[c.Name]++
	}
	o.mu.Lock()
	mine := maps.Clone(o.cookies)
	o.mu.Unlock()
	var out []string
	for _, c := range sent {
		if _, set := mine[c.Name]; !set && !ours(c.Name) && count[c.Name] == 1 {
			out = append(out, c.Name+"="+c.Value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		if count[name] > 0 { // the browser keeps it still
			out = append(out, name+"="+mine[name])
		}
	}
	return strings.Join(out, "; ")
}

// response makes of a device's answer one for the session's host alone.
func (o *session) response(r *http.Response) error {
	h := r.Header
	if at := h.Get("Location"); at != "" {
		to, err := o.within(r.Request.URL, at)
		if err != nil {
			return err
		}
		h.Set("Location", to)
	}
	if err := o.refresh(r); err != nil {
		return err
	}
	o.confine(r)
	o.links(r)
	for _, name := range []string{
		"Strict-Transport-Security", "Public-Key-Pins", "Clear-Site-Data", "Alt-Svc", "Report-To", "Reporting-Endpoints", "Nel", "Service-Worker-Allowed", "Link",
		"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Content-Security-Policy-Report-Only", "Content-Location", "Set-Login", "Activate-Storage-Access",
	} {
		h.Del(name)
	}
	harden(h)
	h.Set("Cache-Control", "no-store")
	return nil
}

// refresh keeps a page that loads another after a while inside the session.
func (o *session) refresh(r *http.Response) error {
	at := r.Header.Get("Refresh")
	wait, to, has := strings.Cut(at, ";")
	if !has {
		return nil
	}
	if _, after, named := strings.Cut(to, "="); named {
		to = after
	}
	inside, err := o.within(r.Request.URL, strings.Trim(to, " \"'"))
	if err == nil {
		r.Header.Set("Refresh", wait+"; url="+inside)
	}
	return err
}

// within gives the way to a place of the device on the session's host; any other place is errAway.
func (o *session) within(base *url.URL, at string) (string, error) {
	to, err := base.Parse(at)
	if err != nil || strings.TrimSuffix(to.Host, ":80") != o.host || to.Scheme != "http" || to.User != nil {
		return "", errAway
	}
	path := to.EscapedPath()
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		path = "/" + strings.TrimLeft(path, "/")
	}
	if to.RawQuery != "" {
		path += "?" + to.RawQuery
	}
	if to.Fragment != "" {
		path += "#" + to.EscapedFragment()
	}
	return path, nil
}

// confine keeps a device's cookies on the session's host, and remembers them.
func (o *session) confine(r *http.Response) {
	set := r.Cookies()
	r.Header.Del("Set-Cookie")
	for _, c := range set {
		if ours(c.Name) || c.Valid() != nil {
			continue
		}
		c.Domain, c.Partitioned, c.Secure = "", false, o.service.secure()
		if c.SameSite == http.SameSiteNoneMode || c.SameSite == http.SameSiteDefaultMode {
			c.SameSite = http.SameSiteLaxMode
		}
		r.Header.Add("Set-Cookie", c.String())
		o.mu.Lock()
		if c.MaxAge < 0 || c.Value == "" {
			delete(o.cookies, c.Name)
		} else if len(o.cookies) < 64 {
			o.cookies[c.Name] = c.Value
		}
		o.mu.Unlock()
	}
}

// harden sets what keeps a page to itself. Old devices' pages are made of frames and of scripts in the page: those go on.
func harden(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; form-action 'self'; frame-ancestors 'self'; base-uri 'self'; worker-src 'self'")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=(), serial=(), bluetooth=(), hid=()")
	h.Set("X-Robots-Tag", "noindex")
}
