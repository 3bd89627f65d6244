package sim

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

const (
	maxControlBody = 64 << 10
	longestWait    = time.Minute
)

// control lets another process drive the building: HTTP on loopback, a bearer token made at start.
type control struct {
	b        *Building
	listener net.Listener
	token    string
	server   *http.Server
}

// Listing is what a building started, for another process.
type Listing struct {
	ControlURL string         `json:"control_url,omitempty"`
	Token      string         `json:"token,omitempty"`
	Devices    []ListedDevice `json:"devices"`
	Boards     []BoardState   `json:"boards"`
}

// ListedDevice is a device with what it takes to configure it.
type ListedDevice struct {
	State
	APIUser     string `json:"api_user"`
	APIPassword string `json:"api_password"`
}

func listenControl(address string, b *Building) (*control, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &control{b: b, listener: l, token: rand.Text()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /devices", func(w http.ResponseWriter, _ *http.Request) {
		list := b.Listing()
		list.Token = ""
		write(w, http.StatusOK, list)
	})
	mux.HandleFunc("GET /devices/{name}", c.device)
	mux.HandleFunc("GET /boards/{name}", c.board)
	mux.HandleFunc("POST /boards/{name}/dead", c.boardDead)
	for _, action := range []string{"press", "answer", "decline", "hangup", "digit", "quirk", "reboot", "configure", "upgrade", "enter", "button", "tamper"} {
		mux.HandleFunc("POST /devices/{name}/"+action, func(w http.ResponseWriter, r *http.Request) { c.act(w, r, action) })
	}
	c.server = &http.Server{
		Handler: c.guarded(mux), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second,
		MaxHeaderBytes: 16 << 10,
	}
	return c, nil
}

// Listing is what the building has, passwords of the web interfaces and the control token included.
func (b *Building) Listing() Listing {
	list := Listing{Devices: []ListedDevice{}, Boards: []BoardState{}}
	if b.control != nil {
		list.ControlURL, list.Token = "http://"+b.control.listener.Addr().String(), b.control.token
	}
	add := func(d *Device) {
		list.Devices = append(list.Devices, ListedDevice{d.State(), d.cfg.APIUser, d.cfg.APIPassword})
	}
	for _, p := range b.doorPhones {
		add(p.Device)
	}
	for _, m := range b.monitors {
		add(m.Device)
	}
	for _, board := range b.boards {
		list.Boards = append(list.Boards, board.State())
	}
	return list
}

func (c *control) close() { _ = c.listener.Close() }

func (c *control) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = c.server.Close() })
	defer stop()
	if err := c.server.Serve(c.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (c *control) guarded(next http.Handler) http.Handler {
	want := []byte("Bearer " + c.token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			write(w, http.StatusUnauthorized, problem{"the control token is missing"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxControlBody)
		next.ServeHTTP(w, r)
	})
}

type problem struct {
	Error string `json:"error"`
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// waits are the conditions that GET ?wait= knows.
var waits = map[string]func(State) bool{
	"registered": func(s State) bool { return s.Registered },
	"ringing":    State.Ringing,
	"answered":   State.Answered,
	"idle":       func(s State) bool { return !s.InCall() },
}

// device tells a device's state, after waiting for ?wait=registered|ringing|answered|idle at most ?timeout_ms=.
func (c *control) device(w http.ResponseWriter, r *http.Request) {
	d := c.b.Device(r.PathValue("name"))
	if d == nil {
		write(w, http.StatusNotFound, problem{"no such device"})
		return
	}
	status := http.StatusOK
	if name := r.URL.Query().Get("wait"); name != "" {
		cond, ok := waits[name]
		if !ok {
			write(w, http.StatusBadRequest, problem{"nothing to wait for has that name"})
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), patience(r))
		defer cancel()
		if d.Wait(ctx, cond) != nil {
			status = http.StatusRequestTimeout
		}
	}
	write(w, status, ListedDevice{d.State(), d.cfg.APIUser, d.cfg.APIPassword})
}

func patience(r *http.Request) time.Duration {
	ms, err := strconv.Atoi(r.URL.Query().Get("timeout_ms"))
	if err != nil || ms <= 0 {
		ms = 10_000
	}
	return min(time.Duration(ms)*time.Millisecond, longestWait)
}

func (c *control) board(w http.ResponseWriter, r *http.Request) {
	board := c.b.Board(r.PathValue("name"))
	if board == nil {
		write(w, http.StatusNotFound, problem{"no such board"})
		return
	}
	write(w, http.StatusOK, board.State())
}

func (c *control) boardDead(w http.ResponseWriter, r *http.Request) {
	board := c.b.Board(r.PathValue("name"))
	var in struct {
		Dead bool `json:"dead"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || board == nil {
		write(w, http.StatusNotFound, problem{"no such board, or no such body"})
		return
	}
	board.SetDead(in.Dead)
	write(w, http.StatusOK, board.State())
}

// order is the body of every act; each uses its part.
type order struct {
	Number string            `json:"number"` // press
	Direct string            `json:"direct"` // press: host:port to call without the registrar
	Status int               `json:"status"` // decline
	Digit  string            `json:"digit"`
	By     string            `json:"by"`
	Values map[string]string `json:"values"` // configure
	Native *bool             `json:"native_dtmf"`

	Key      string `json:"key"`      // enter: a code or a card, by is the way
	Input    int    `json:"input"`    // button: from 1
	Firmware string `json:"firmware"` // upgrade
	After    *int   `json:"answer_after_millis"`
	raw      []byte
}

func (c *control) act(w http.ResponseWriter, r *http.Request, action string) {
	d := c.b.Device(r.PathValue("name"))
	if d == nil {
		write(w, http.StatusNotFound, problem{"no such device"})
		return
	}
	var o order
	body, err := io.ReadAll(r.Body)
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &o)
	}
	if err != nil {
		write(w, http.StatusBadRequest, problem{err.Error()})
		return
	}
	o.raw = body
	ctx, cancel := context.WithTimeout(r.Context(), patience(r))
	defer cancel()
	if err := c.obey(ctx, d, action, o); err != nil {
		write(w, http.StatusConflict, problem{err.Error()})
		return
	}
	write(w, http.StatusOK, d.State())
}

func (c *control) obey(ctx context.Context, d *Device, action string, o order) error {
	switch action {
	case "press":
		return c.press(d, o)
	case "answer":
		return d.Answer(ctx)
	case "decline":
		return d.Decline(o.Status)
	case "hangup":
		return d.Hangup(ctx)
	case "digit":
		return d.SendDigit(ctx, o.Digit, or(o.By, ByInfo))
	case "reboot":
		d.Reboot()
	case "configure":
		d.Configure(o.Values)
	case "upgrade":
		d.Upgrade(o.Firmware)
	case "enter":
		return d.Enter(or(o.By, ByCode), o.Key)
	case "button":
		return d.Button(o.Input)
	case "tamper":
		d.Tamper()
	case "quirk":
		return c.quirk(d, o)
	}
	return nil
}

func (c *control) press(d *Device, o order) error {
	p := c.b.DoorPhone(d.Name())
	if p == nil {
		return errors.New("only a door phone presses")
	}
	if o.Direct == "" {
		return p.Press(o.Number)
	}
	to, err := netip.ParseAddrPort(o.Direct)
	if err != nil {
		return err
	}
	return p.CallDirect(to, o.Number)
}

// quirk changes the habits that the body names and leaves the others.
func (c *control) quirk(d *Device, o order) error {
	q := d.Quirks()
	if len(o.raw) > 0 {
		if err := json.Unmarshal(o.raw, &q); err != nil {
			return err
		}
	}
	d.SetQuirks(q)
	if p := c.b.DoorPhone(d.Name()); p != nil && o.Native != nil {
		p.SetNativeDTMF(*o.Native)
	}
	if m := c.b.Monitor(d.Name()); m != nil && o.After != nil {
		m.SetAnswerAfter(time.Duration(*o.After) * time.Millisecond)
	}
	return nil
}
