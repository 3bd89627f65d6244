package twonapi

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"image"
	"image/jpeg"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Account is one of the telephone's accounts, as the device shows it.
type Account struct {
	Account             int    `json:"account"`
	Enabled             bool   `json:"enabled"`
	DisplayName         string `json:"displayName"`
	SIPNumber           string `json:"sipNumber"`
	Domain              string `json:"domain"`
	DomainPort          string `json:"domainPort"`
	AuthID              string `json:"authId"`
	ProxyAddress        string `json:"proxyAddress"`
	ProxyPort           string `json:"proxyPort"`
	RegistrationEnabled bool   `json:"registrationEnabled"`
	RegistrarAddress    string `json:"registrarAddress"`
	RegistrarPort       string `json:"registrarPort"`
	AnswerMode          string `json:"answerMode"`
}

// User is an entry of the directory.
type User struct {
	UUID      string    `json:"uuid"`
	Timestamp int64     `json:"timestamp"`
	Deleted   bool      `json:"deleted,omitempty"`
	Name      string    `json:"name,omitempty"`
	Owner     string    `json:"owner,omitempty"`
	CallPos   []CallPos `json:"callPos,omitempty"`
	Access    *Access   `json:"access,omitempty"`
}

// Access is what an entry opens: for each switch the code that moves it.
type Access struct {
	Code []string `json:"code,omitempty"`
}

// CallPos is a number of an entry.
type CallPos struct {
	Peer string `json:"peer"`
}

// Clear brings the factory's settings back.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account, s.secret, s.users, s.series, s.stamp = Account{Account: 1, AnswerMode: "1"}, "", nil, strconv.FormatInt(time.Now().UnixNano(), 10), 0
}

// Account is a copy of account 1, and its password.
func (s *Server) Account() (Account, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.account, s.secret
}

// SetAccount changes account 1 as somebody at the device would.
func (s *Server) SetAccount(change func(*Account)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.account)
}

// Type enters a code at the keypad and gives the name of the entry that it belongs to; it moves each switch whose code it is there.
func (s *Server) Type(code string) string {
	for _, u := range s.Users() {
		if u.Access == nil || !slices.Contains(u.Access.Code, code) {
			continue
		}
		for i, c := range u.Access.Code {
			if c == code && i < s.o.Bank.Len() {
				_ = s.o.Bank.Pulse(i, 5*time.Second, "code") // the bank has that relay
			}
		}
		return u.Name
	}
	return ""
}

// Users are the entries that are not deleted.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.users), func(u User) bool { return u.Deleted })
}

// AddUser makes an entry as somebody at the device would.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(&u)
	s.users = append(s.users, u)
}

func (s *Server) add(u *User) {
	s.stamp++
	u.Timestamp = s.stamp
	if u.UUID == "" {
		id := strings.ToUpper(rand.Text())
		u.UUID = id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:] + "000000"
	}
}

func (s *Server) act(method, path string, query url.Values, body []byte) envelope {
	switch path {
	case "/api/system/info":
		return done(map[string]string{
			"variant": s.o.Variant, "serialNumber": "08-1860-0035", "macAddr": dashes(s.o.MAC), "hwVersion": "570v5", "swVersion": s.o.Firm, "buildType": "release", "deviceName": s.o.Variant,
		})
	case "/api/system/status":
		s.mu.Lock()
		defer s.mu.Unlock()
		return done(map[string]int64{"systemTime": time.Now().Unix(), "upTime": int64(time.Since(s.born).Seconds())})
	case "/api/system/restart":
		if s.o.Restart != nil {
			s.o.Restart()
		}
		return done(nil)
	case "/api/config/factoryreset":
		if s.o.FactoryNew != nil {
			s.o.FactoryNew()
		}
		return done(nil)
	case "/api/switch/ctrl":
		return s.control(query)
	case "/api/phone/config":
		return s.phone(method, body)
	case "/api/dir/query", "/api/dir/create", "/api/dir/delete":
		return s.directory(method, strings.TrimPrefix(path, "/api/dir/"), body)
	}
	return problem(1, "", "function is not supported")
}

func (s *Server) control(query url.Values) envelope {
	n, err := strconv.Atoi(query.Get("switch"))
	if err != nil || n < 1 || n > s.o.Bank.Len() {
		return problem(12, "switch", "invalid parameter value")
	}
	switch query.Get("action") {
	case "trigger":
		err = s.o.Bank.Pulse(n-1, 5*time.Second, "http")
	case "on":
		err = s.o.Bank.Set(n-1, true, "http")
	case "off":
		err = s.o.Bank.Set(n-1, false, "http")
	default:
		return problem(12, "action", "invalid parameter value")
	}
	if err != nil {
		return problem(13, "", "function is not available")
	}
	return done(nil)
}

func (s *Server) phone(method string, body []byte) envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	if method == http.MethodGet {
		return done(map[string]any{"accounts": []Account{s.account}})
	}
	var in struct {
		Accounts []struct {
			Account
			Password *string `json:"password"`
		} `json:"accounts"`
	}
	if method != http.MethodPut || json.Unmarshal(body, &in) != nil || len(in.Accounts) != 1 || in.Accounts[0].Account.Account != 1 {
		return problem(12, "accounts", "invalid parameter value")
	}
	if s.kept() {
		mode := s.account.AnswerMode
		if s.account = in.Accounts[0].Account; s.account.AnswerMode == "" {
			s.account.AnswerMode = mode
		}
		if p := in.Accounts[0].Password; p != nil {
			s.secret = *p
		}
	}
	return done(nil)
}

// directory asks with POST and changes with PUT.
func (s *Server) directory(method, action string, body []byte) envelope {
	var in struct {
		Iterator struct {
			Timestamp int64 `json:"timestamp"`
		} `json:"iterator"`
		Users []User `json:"users"`
	}
	if json.Unmarshal(body, &in) != nil || (action == "query") != (method == http.MethodPost) {
		return problem(3, "", "invalid request")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []any{}
	switch action {
	case "query":
		for _, u := range s.users {
			if u.Timestamp > in.Iterator.Timestamp {
				out = append(out, u)
			}
		}
	case "create":
		keep := s.kept()
		for _, u := range in.Users {
			if u.Access != nil && (len(u.Access.Code) > 4 || slices.ContainsFunc(u.Access.Code, noCode)) {
				out = append(out, map[string]any{"errors": []map[string]string{{"code": "EDIR_FIELD_VALUE_ERROR"}}})
				continue
			}
			s.add(&u)
			out = append(out, map[string]any{"uuid": u.UUID, "timestamp": u.Timestamp})
			if keep {
				s.users = append(s.users, u)
			}
		}
	case "delete":
		keep := s.kept()
		for _, u := range in.Users {
			out = append(out, s.remove(u.UUID, keep))
		}
	}
	return done(map[string]any{"series": s.series, "timestamp": s.stamp, "users": out})
}

// remove leaves a mark of the entry, so that whoever asks for what changed hears of it.
func (s *Server) remove(uuid string, keep bool) any {
	at := slices.IndexFunc(s.users, func(u User) bool { return u.UUID == uuid && !u.Deleted })
	if at < 0 {
		return map[string]any{"uuid": uuid, "errors": []map[string]string{{"code": "EDIR_UUID_DOES_NOT_EXIST"}}}
	}
	if keep {
		s.stamp++
		s.users[at] = User{UUID: uuid, Timestamp: s.stamp, Deleted: true}
	}
	return map[string]any{"uuid": uuid, "timestamp": s.stamp}
}

// picture serves a still of the size that is asked for.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) {
	width, errW := strconv.Atoi(r.URL.Query().Get("width"))
	height, errH := strconv.Atoi(r.URL.Query().Get("height"))
	if errW != nil || errH != nil || width < 160 || width > 1280 || height < 120 || height > 960 {
		reply(w, problem(12, "width", "invalid parameter value"))
		return
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil) // a buffer takes everything
	w.Header().Set("Content-Type", "image/jpeg")
	_, _ = w.Write(b.Bytes())
}

// noCode tells whether the keypad could not enter a code; an empty one is none.
func noCode(code string) bool { return len(code) == 1 || strings.Trim(code, "0123456789") != "" }

func dashes(mac string) string {
	var parts []string
	for len(mac) > 2 {
		parts, mac = append(parts, mac[:2]), mac[2:]
	}
	return strings.Join(append(parts, mac), "-")
}
