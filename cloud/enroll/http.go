package enroll

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// maxBody is the most that a request may carry, in bytes.
const maxBody = 16 << 10

// refuseAfter is when a refusal of a code is told, counted from its arrival: how long the look-up took tells nothing.
const refuseAfter = 300 * time.Millisecond

// Handler serves POST /enroll (a claim code, no certificate) and POST /renew (an agent's certificate, expired ones too).
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /enroll", s.serveEnroll)
	mux.HandleFunc("POST /renew", s.serveRenew)
	return mux
}

func (s *Service) serveEnroll(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	if wait, ok := s.attempts.Take(address(r), s.Now()); !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		s.refuse(w, r, fault.New(fault.Limit, "Too many tries from this address. Try again later."))
		return
	}
	var request wire.EnrollRequest
	if err := read(w, r, &request); err != nil {
		s.refuse(w, r, err)
		return
	}
	answer, err := s.enroll(r.Context(), request)
	if err != nil {
		if errors.Is(err, errCode) {
			hold := time.NewTimer(time.Until(arrived.Add(refuseAfter)))
			defer hold.Stop()
			select {
			case <-hold.C:
			case <-r.Context().Done():
			}
		}
		s.refuse(w, r, err)
		return
	}
	s.answer(w, r, answer)
}

func (s *Service) serveRenew(w http.ResponseWriter, r *http.Request) {
	if r.TLS == nil {
		s.refuse(w, r, errCertificate)
		return
	}
	agent, err := s.admit(r.Context(), r.TLS.PeerCertificates, true)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	var request wire.Renew
	if err := read(w, r, &request); err != nil {
		s.refuse(w, r, err)
		return
	}
	chain, err := s.renew(r.Context(), agent, request.CSR)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.answer(w, r, wire.RenewAnswer{Chain: chain})
}

// address is the key of the limit: one IPv4 address, or one IPv6 network of 64 bits.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := net.ParseIP(host)
	if ip != nil && ip.To4() == nil {
		return ip.Mask(net.CIDRMask(64, 128)).String()
	}
	return host
}

func read(w http.ResponseWriter, r *http.Request, v any) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return fault.Wrap(err, fault.Limit, "At most %d bytes.", maxBody)
	}
	return wire.Unmarshal(raw, v)
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request, v any) {
	raw, err := wire.Marshal(v)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write(raw); err != nil {
		s.Logger.WarnContext(r.Context(), "answer is not sent", logkey.Err, err)
	}
}

// statuses maps fault codes to HTTP on the agents' listener.
var statuses = map[fault.Code]int{
	fault.Invalid: http.StatusBadRequest, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.Unauthenticated: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden, fault.Expired: http.StatusGone,
	fault.Offline: http.StatusConflict, fault.Unavailable: http.StatusServiceUnavailable, fault.Limit: http.StatusTooManyRequests,
	fault.Internal: http.StatusInternalServerError,
}

// refuse answers with a problem document (RFC 9457).
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code := fault.CodeOf(err)
	level := s.Logger.InfoContext
	if code == fault.Internal {
		level = s.Logger.ErrorContext
	}
	level(r.Context(), "request refused", logkey.Route, r.URL.Path, logkey.Code, code, logkey.Addr, r.RemoteAddr, logkey.Err, err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(statuses[code])
	_ = json.NewEncoder(w).Encode(map[string]any{
		"status": statuses[code], "title": http.StatusText(statuses[code]), "detail": fault.Message(err), "code": code,
	})
}
