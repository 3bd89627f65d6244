package sipua

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// URI is a sip: address.
type URI struct {
	Scheme, User, Host string
	Port               int    // 0 = 5060
	Params             string // raw, with the leading ";" or ""
}

// String is the address as it stands on the wire.
func (u URI) String() string {
	s := u.Scheme + ":"
	if u.User != "" {
		s += u.User + "@"
	}
	s += bracket(u.Host)
	if u.Port != 0 {
		s += ":" + strconv.Itoa(u.Port)
	}
	return s + u.Params
}

// HostPort is where a request to u goes.
func (u URI) HostPort() string {
	port := u.Port
	if port == 0 {
		port = 5060
	}
	return net.JoinHostPort(u.Host, strconv.Itoa(port))
}

// ParseURI reads sip:user@host:port;params. Headers after "?" are dropped.
func ParseURI(s string) (URI, error) {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(s), ":")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "sip" && scheme != "sips" {
		return URI{}, fmt.Errorf("%w: address scheme", errNotSIP)
	}
	rest, _, _ = strings.Cut(rest, "?")
	u := URI{Scheme: scheme}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		u.User, rest = rest[:i], rest[i+1:]
	}
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		rest, u.Params = rest[:i], rest[i:]
	}
	host, port, err := splitHostPort(rest)
	if err != nil {
		return URI{}, err
	}
	if strings.ContainsAny(u.User+u.Params, " \t<>\"") {
		return URI{}, fmt.Errorf("%w: address", errNotSIP)
	}
	u.Host, u.Port = host, port
	return u, nil
}

func splitHostPort(s string) (host string, port int, err error) {
	host = s
	var text string
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, text = s[:i], s[i+1:]
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return "", 0, fmt.Errorf("%w: port", errNotSIP)
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if host, ok = strings.CutSuffix(inner, "]"); !ok || !strings.Contains(host, ":") {
			return "", 0, fmt.Errorf("%w: host", errNotSIP)
		}
	} else if strings.Contains(host, ":") {
		return "", 0, fmt.Errorf("%w: host", errNotSIP)
	}
	if host == "" || strings.ContainsAny(host, " \t<>\"@[],;") {
		return "", 0, fmt.Errorf("%w: host", errNotSIP)
	}
	return host, port, nil
}

func bracket(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// Param is one ;key=value of a header.
type Param struct{ Key, Value string }

// Params are the parameters of a header, in order.
type Params []Param

// Get is the value of a parameter and whether it stands there.
func (p Params) Get(key string) (string, bool) {
	for _, one := range p {
		if strings.EqualFold(one.Key, key) {
			return one.Value, true
		}
	}
	return "", false
}

// Set replaces or appends a parameter.
func (p Params) Set(key, value string) Params {
	for i := range p {
		if strings.EqualFold(p[i].Key, key) {
			p[i].Value = value
			return p
		}
	}
	return append(p, Param{key, value})
}

func (p Params) String() string {
	var b strings.Builder
	for _, one := range p {
		b.WriteByte(';')
		b.WriteString(one.Key)
		if one.Value != "" {
			b.WriteString("=" + one.Value)
		}
	}
	return b.String()
}

func parseParams(s string) Params {
	var out Params
	for _, part := range splitOutside(s, ';') {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		out = append(out, Param{strings.TrimSpace(key), strings.TrimSpace(value)})
	}
	return out
}

// Address is the value of From, To, Contact, Route.
type Address struct {
	Display string
	URI     URI
	Params  Params
}

// String is the address as it stands on the wire.
func (a Address) String() string {
	s := "<" + a.URI.String() + ">" + a.Params.String()
	if a.Display != "" {
		s = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Display) + `" ` + s
	}
	return s
}

// Tag is the dialog tag, or "".
func (a Address) Tag() string {
	tag, _ := a.Params.Get("tag")
	return tag
}

// ParseAddress reads `"Name" <sip:...>;params` or `sip:...;params`.
func ParseAddress(s string) (Address, error) {
	s = strings.TrimSpace(s)
	var a Address
	rest := s
	if strings.HasPrefix(s, `"`) {
		end := closingQuote(s)
		if end < 0 {
			return a, fmt.Errorf("%w: quotes", errNotSIP)
		}
		a.Display = unquote(s[1:end])
		rest = strings.TrimSpace(s[end+1:])
	}
	open := strings.IndexByte(rest, '<')
	if open < 0 { // addr-spec: parameters belong to the header (RFC 3261 section 20)
		uri, params, _ := strings.Cut(rest, ";")
		u, err := ParseURI(uri)
		a.URI, a.Params = u, parseParams(params)
		return a, err
	}
	if a.Display == "" {
		a.Display = strings.TrimSpace(rest[:open])
	}
	inner, after, ok := strings.Cut(rest[open+1:], ">")
	if !ok {
		return a, fmt.Errorf("%w: angle brackets", errNotSIP)
	}
	u, err := ParseURI(inner)
	a.URI, a.Params = u, parseParams(after)
	return a, err
}

func closingQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// via is one hop of the Via header.
type via struct {
	host   string
	port   int
	params Params
}

func (v via) sentBy() string {
	port := v.port
	if port == 0 {
		port = 5060
	}
	return net.JoinHostPort(strings.ToLower(v.host), strconv.Itoa(port))
}

func (v via) String() string {
	s := version + "/UDP " + bracket(v.host)
	if v.port != 0 {
		s += ":" + strconv.Itoa(v.port)
	}
	return s + v.params.String()
}

func parseVia(s string) (via, error) {
	protocol, rest, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok || !strings.HasPrefix(strings.ToUpper(protocol), version+"/") {
		return via{}, fmt.Errorf("%w: Via", errNotSIP)
	}
	where, params, _ := strings.Cut(strings.TrimSpace(rest), ";")
	host, port, err := splitHostPort(strings.TrimSpace(where))
	if err != nil {
		return via{}, err
	}
	return via{host: host, port: port, params: parseParams(params)}, nil
}
