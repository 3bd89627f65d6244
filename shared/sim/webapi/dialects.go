package webapi

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// Dialect is which of the makers' interfaces a device has (they exclude one another on real firmware).
type Dialect string

// The dialects.
const (
	Documented Dialect = ""      // /api with digest
	Pages      Dialect = "pages" // /api/web behind the login of the newer pages, over HTTPS; relays by /fcgi/OpenDoor
	Old        Dialect = "old"   // /web of the E18C: 403 to everything documented
	FCGI       Dialect = "fcgi"  // OpenDoor and the old pages alone
)

// Valid tells whether a dialect is one of these.
func (d Dialect) Valid() bool { return d == Documented || d == Pages || d == Old || d == FCGI }

// sessions are the logins of the newer pages.
type sessions struct {
	nonce  string
	token  string
	failed time.Time // a wrong login makes the device deaf to logins for a while
}

// throttled is how long logins are refused after a wrong one.
const throttled = 300 * time.Millisecond

// otherDialect serves what is not the documented interface; false: the documented one, or what all have.
func (s *Server) otherDialect(w http.ResponseWriter, r *http.Request) bool {
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch s.o.Dialect {
	case Documented:
		return false
	case Old:
		if path == "/web/status/get" {
			_, _ = io.WriteString(w, `{"result":0,"data":{"ProductName":"`+s.o.Identity.Model+`"}}`)
		} else {
			http.Error(w, "Forbidden", http.StatusForbidden)
		}
		return true
	case FCGI:
		if path == "/fcgi/do" && r.URL.Query().Get("action") == "Encrypt" {
			_, _ = io.WriteString(w, nonceOf())
			return true
		}
	}
	if path == "/fcgi/OpenDoor" || path == "/fcgi/do" {
		return false
	}
	if s.o.Dialect == Pages && strings.HasPrefix(path, "/api/web/") {
		s.pagesAPI(w, r, strings.TrimPrefix(path, "/api/web/"))
		return true
	}
	http.NotFound(w, r)
	return true
}

func nonceOf() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

// pagesAPI is what the newer pages ask of their own device.
func (s *Server) pagesAPI(w http.ResponseWriter, r *http.Request, path string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var c call
	if err != nil || len(body) > 0 && json.Unmarshal(body, &c) != nil {
		s.reply(w, http.StatusBadRequest, refuse("", "json parse error"))
		return
	}
	switch path {
	case "system/info":
		s.reply(w, http.StatusOK, s.system(call{Action: "info"}))
	case "login/set":
		s.mu.Lock()
		s.pages.nonce = nonceOf()
		nonce := s.pages.nonce
		s.mu.Unlock()
		s.reply(w, http.StatusOK, done("set", map[string]string{"encrypt": nonce}))
	case "login/login":
		s.pagesLogin(w, c)
	case "config/get", "config/set":
		s.mu.Lock()
		token := s.pages.token
		s.mu.Unlock()
		if cookie, err := r.Cookie("token"); err != nil || token == "" || cookie.Value != token {
			s.count(func(c *Counts) { c.Refused++ })
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		}
		s.reply(w, http.StatusOK, s.pagesConfig(strings.TrimPrefix(path, "config/"), c))
	default:
		s.reply(w, http.StatusOK, refuse(c.Action, "Api unsupported"))
	}
}

// pagesLogin takes a password that is written behind the nonce in Base64, as these pages do.
func (s *Server) pagesLogin(w http.ResponseWriter, c call) {
	var in struct{ UserName, Password string }
	raw := []byte(nil)
	if json.Unmarshal(c.Data, &in) == nil {
		raw, _ = base64.StdEncoding.DecodeString(in.Password)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	want := s.pages.nonce + s.o.Password
	right := s.pages.nonce != "" && in.UserName == s.o.User && subtle.ConstantTimeCompare(raw, []byte(want)) == 1
	s.pages.nonce = ""
	if !right || time.Since(s.pages.failed) < throttled {
		if !right {
			s.pages.failed = time.Now()
		}
		s.counts.Refused++
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	s.pages.token = rand.Text()
	w.Header().Set("Content-Type", "application/json")
	raw, _ = json.Marshal(done("login", map[string]string{"token": s.pages.token}))
	_, _ = w.Write(raw)
}

// pagesConfig reads and writes settings; passwords are in Base64 both ways.
func (s *Server) pagesConfig(action string, c call) envelope {
	c.Action = action
	if action == "get" {
		e := s.config(c, "")
		if shown, ok := e.Data.(map[string]string); ok {
			for k, v := range shown {
				if secretKey(k) {
					shown[k] = base64.StdEncoding.EncodeToString([]byte(v))
				}
			}
		}
		return e
	}
	var values map[string]string
	if json.Unmarshal(c.Data, &values) != nil {
		return refuse(action, "param error")
	}
	for k, v := range values {
		raw, err := base64.StdEncoding.DecodeString(v)
		if secretKey(k) && err != nil {
			return refuse(action, "param error")
		} else if secretKey(k) {
			values[k] = string(raw)
		}
	}
	c.Data, _ = json.Marshal(values)
	return s.write(c, "")
}

func secretKey(key string) bool {
	return strings.HasSuffix(key, "Pwd") || strings.HasSuffix(key, "Password")
}
