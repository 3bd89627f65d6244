package webapi

import (
	"crypto/rand"
	"crypto/subtle"
	"html/template"
	"net/http"
	"time"
)

// pageCookie is how the device's own pages know a browser: a plain cookie, as real devices set it.
const pageCookie = "sid"

// location is the one setting that the pages change.
const location = "Config.DoorSetting.DEVICENODE.Location"

var pages = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Model}}</title>
<style>body{font:15px sans-serif;max-width:34em;margin:2em auto;padding:0 1em}label{display:block;margin:.6em 0}input{font:inherit;padding:.3em}</style></head><body>
<h1>{{.Model}}</h1>
{{if .In}}
<p>MAC {{.MAC}}, firmware {{.Firmware}}</p>
<form method="post" action="/settings"><label>Location <input name="location" maxlength="63" value="{{.Location}}"></label><button>Submit</button></form>
{{if .Saved}}<p role="status">Saved</p>{{end}}
<p>Up for <span id="up">{{.Up}}</span></p>
<p><a href="http://{{.Host}}/settings">Settings</a> <a href="/logout">Log out</a></p>
<script src="/device.js"></script>
{{else}}
<form method="post" action="/login"><label>User <input name="user" autocomplete="off"></label><label>Password <input name="password" type="password"></label><button>Log in</button></form>
{{if .Wrong}}<p role="alert">Wrong user or password</p>{{end}}
{{end}}
</body></html>
`))

const script = `setInterval(async () => {
  const answer = await fetch("/uptime");
  if (answer.ok) document.getElementById("up").textContent = await answer.text();
}, 500);
`

// view is what a page shows.
type view struct {
	Model, MAC, Firmware, Location, Up, Host string
	In, Saved, Wrong                         bool
}

// page serves the device's own pages for people; false: the path is none of them.
func (s *Server) page(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	in := s.signedIn(r)
	switch r.Method + " " + r.URL.Path {
	case "GET /":
		if in {
			http.Redirect(w, r, "http://"+r.Host+"/settings", http.StatusFound) // the whole address, as real devices write it
		} else {
			s.show(w, r, view{})
		}
	case "POST /login":
		s.login(w, r)
	case "GET /logout":
		s.sign("")
		http.SetCookie(w, &http.Cookie{Name: pageCookie, Path: "/", MaxAge: -1})
		http.Redirect(w, r, "/", http.StatusFound)
	case "GET /device.js":
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(script))
	case "GET /settings", "POST /settings", "GET /uptime":
		if !in {
			http.Redirect(w, r, "/", http.StatusFound)
			return true
		}
		s.inside(w, r)
	default:
		return s.Quirks().Hostile && s.hostile(w, r)
	}
	return true
}

// inside serves who has logged in.
func (s *Server) inside(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/uptime" {
		_, _ = w.Write([]byte(s.up()))
		return
	}
	saved := r.Method == http.MethodPost
	if saved {
		if changed := s.o.Settings.Set(map[string]string{location: r.PostFormValue("location")}); len(changed) > 0 && s.o.Changed != nil {
			s.o.Changed(changed)
		}
	}
	s.show(w, r, view{In: true, Saved: saved})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	if !same(r.PostFormValue("user"), s.o.User) || !same(r.PostFormValue("password"), s.o.Password) {
		s.show(w, r, view{Wrong: true})
		return
	}
	sid := rand.Text()
	s.sign(sid)
	http.SetCookie(w, &http.Cookie{Name: pageCookie, Value: sid, Path: "/"})
	http.Redirect(w, r, "/settings", http.StatusFound)
}

func (s *Server) show(w http.ResponseWriter, r *http.Request, v view) {
	s.mu.Lock()
	id := s.o.Identity
	s.mu.Unlock()
	v.Model, v.MAC, v.Firmware, v.Location, v.Up, v.Host = id.Model, id.MAC, id.Firmware, s.o.Settings.Get(location), s.up(), r.Host
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pages.Execute(w, v)
}

func (s *Server) up() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.born).Truncate(time.Second).String()
}

func (s *Server) sign(sid string) {
	s.mu.Lock()
	s.sid = sid
	s.mu.Unlock()
}

func (s *Server) signedIn(r *http.Request) bool {
	s.mu.Lock()
	sid := s.sid
	s.mu.Unlock()
	c, err := r.Cookie(pageCookie)
	return err == nil && sid != "" && c.Value == sid
}

// hostile is what a page does that somebody has tampered with.
func (s *Server) hostile(w http.ResponseWriter, r *http.Request) bool {
	switch r.URL.Path {
	case "/away":
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	case "/toss":
		host := r.URL.Query().Get("domain")
		for _, name := range []string{"vestibule-remote", "__Host-vestibule-remote", pageCookie} {
			http.SetCookie(w, &http.Cookie{Name: name, Value: "tossed", Domain: host, Path: "/"})
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>toss</title><p>toss</p>"))
	default:
		return false
	}
	return true
}
