package enroll

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"time"

	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

const (
	askWithin = 20 * time.Second
	maxAnswer = 64 << 10
)

// post sends body as CBOR and reads the answer. Errors are words for the person; the code never stands in one.
func post(ctx context.Context, config *tls.Config, host, path string, body, answer any) error {
	raw, err := wire.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+path, bytes.NewReader(raw))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "The address of the cloud cannot be read.")
	}
	req.Header.Set("Content-Type", "application/cbor")
	req.Header.Set("Accept", "application/cbor")
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer transport.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		var known *fault.Error
		if errors.As(err, &known) {
			return known // the pinned root was not found
		}
		return fault.Wrap(err, fault.Unavailable, "The cloud cannot be reached at %s.", host)
	}
	defer func() { _ = res.Body.Close() }()
	if err := refusal(res.StatusCode); err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(data) > maxAnswer {
		return fault.Wrap(errors.Join(err, errors.New("answer cut off or too long")), fault.Unavailable, "The cloud's answer cannot be read.")
	}
	return fault.Wrap(wire.Unmarshal(data, answer), fault.Unavailable, "The cloud's answer cannot be read.")
}

// refusal turns a status into words.
func refusal(status int) error {
	switch {
	case status == http.StatusOK || status == http.StatusCreated:
		return nil
	case status == http.StatusTooManyRequests:
		return fault.New(fault.Limit, "Too many tries. Wait some minutes and try again.")
	case status >= 400 && status < 500:
		return fault.New(fault.Forbidden, "The cloud did not accept this. A claim code works once and for 15 minutes.")
	default:
		return fault.New(fault.Unavailable, "The cloud cannot answer now (status %d).", status)
	}
}
