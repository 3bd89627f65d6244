package autop

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"vestibule/agent/proof"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// provedPath is where a device that proves itself gets its file, also from behind a router, where the neighbour table shows no card of it.
const provedPath = "/p/"

// Account is what a device that has its file fetches the next one with, as often as it likes and without an alarm: its SIP user and a password of this use alone. The zero Account is none.
type Account struct {
	URL      string // ends in /
	User     string
	Password secret.String
}

// passwordBytes gives 120 bits, which is 24 characters.
const passwordBytes = 15

// accountOf derives the account from the SIP password, so that it ends with that: whoever was given a file that others may have read can fetch no other.
func accountOf(server netip.AddrPort, dev domain.Device, cred domain.Credential) Account {
	if cred.SIPPassword.IsZero() {
		return Account{}
	}
	key, err := hkdf.Key(sha256.New, []byte(cred.SIPPassword.Reveal()), dev.ID[:], "vestibule provisioning file 1", passwordBytes)
	if err != nil {
		return Account{}
	}
	text := strings.ToLower(base32.StdEncoding.EncodeToString(key))
	return Account{URL: "http://" + server.String() + provedPath, User: dev.SIPUser, Password: secret.New(text)}
}

// proved gives the file of a device that knows its password, which it has from a file before: so it has the secrets too, and they stay here. stale
// tells that the challenge was too old.
func (s *Server) proved(r *http.Request, source netip.Addr, now time.Time) (text string, stale, ok bool) {
	p, read := proof.Read(r.Header.Get("Authorization"))
	if !read || p.URI != r.RequestURI {
		return "", false, false
	}
	if !s.nonces.Fresh(p.Nonce, now, source) {
		return "", true, false
	}
	view := s.cfg.View()
	dev, found := view.DeviceBySIPUser(p.User)
	account := accountOf(netip.AddrPort{}, dev, view.Credentials[dev.ID])
	right := p.Matches(r.Method, account.Password.Reveal())
	name := strings.TrimPrefix(r.URL.Path, provedPath)
	if !right || !found || account.Password.IsZero() || !view.Serves(s.cfg.Agent, dev) || !strings.EqualFold(name, string(dev.MAC)+".cfg") {
		return "", false, false
	}
	if !s.nonces.Once(p.Nonce, p.Count, now) {
		return "", true, false
	}
	registrar, ok := s.cfg.Registrar(source)
	if !ok {
		return "", false, false
	}
	_, bare, err := s.render(view, dev, registrar)
	if err != nil {
		s.failed(r, dev.ID, err)
		return "", false, false
	}
	return bare, false, true
}

// challenge asks who fetches to prove itself.
func (s *Server) challenge(w http.ResponseWriter, r *http.Request, source netip.Addr, stale bool, now time.Time) {
	both := strings.Contains(strings.ToUpper(r.Header.Get("Authorization")), proof.SHA256)
	for _, text := range proof.Challenges(s.nonces.Make(now, source), both, stale) {
		w.Header().Add("WWW-Authenticate", text)
	}
	http.Error(w, "Who are you?", http.StatusUnauthorized)
}
