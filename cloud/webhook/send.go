package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"vestibule/shared/secret"
)

// Headers of a delivery. The signature is v1= and the hexadecimal HMAC-SHA256 (RFC 2104) of id, timestamp and body with dots between them;
// the key is the secret as it was shown. The timestamp is Unix time in seconds and new for each try; the id stays.
const (
	HeaderID        = "Vestibule-Webhook-Id"
	HeaderTimestamp = "Vestibule-Webhook-Timestamp"
	HeaderSignature = "Vestibule-Signature"
)

// Sign gives the signature header of a body.
func Sign(key secret.String, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// newSecret draws 32 bytes.
func newSecret() secret.String {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails
	return secret.New("vwh_" + base64.RawURLEncoding.EncodeToString(raw[:]))
}

// result is what came of one try.
type result struct {
	status int
	fault  Fault
	took   time.Duration
}

// post tries once.
func (s *Service) post(ctx context.Context, w Webhook, d Delivery) result {
	began := time.Now()
	status, err := s.request(ctx, w, d)
	out := result{status: status, took: time.Since(began)}
	switch {
	case err != nil:
		out.fault = faultOf(err)
	case status >= 300 && status < 400:
		out.fault = FaultRedirect
	case status < 200 || status > 299:
		out.fault = FaultStatus
	}
	return out
}

func (s *Service) request(ctx context.Context, w Webhook, d Delivery) (int, error) {
	body := []byte(d.Body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	id, timestamp := d.ID.String(), strconv.FormatInt(s.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Vestibule-Webhook/1")
	req.Header.Set(HeaderID, id)
	req.Header.Set(HeaderTimestamp, timestamp)
	req.Header.Set(HeaderSignature, Sign(w.Secret, id, timestamp, body))
	answer, err := s.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	// The answer says nothing that anybody needs, and an answer that breaks off was an answer.
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	return answer.StatusCode, nil
}

func faultOf(err error) Fault {
	var slow net.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.Is(err, errRefused):
		return FaultRefused
	case errors.Is(err, errName):
		return FaultName
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert):
		return FaultTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return FaultTimeout
	}
	return FaultReach
}
