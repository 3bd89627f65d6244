package akuvox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
)

// do sends a call and reads data of its answer into out (nil: not wanted).
func (p *Phone) do(ctx context.Context, k web.Call, out any) error {
	answer, err := p.web.Do(ctx, k)
	if err != nil {
		return err
	}
	return read(k.Op, answer, out)
}

// What an installer has to know of a device that does not answer in the dialect.
var (
	errClosed      = errors.New("403: its HTTP API is closed to this agent; on the device's page set the API to digest, or list the agent's address")
	errAbsent      = errors.New("404: it has no HTTP API, or no such part of it")
	errPage        = errors.New("a page for people came instead of an answer: the HTTP API is off, or the device speaks another dialect")
	errUnsupported = errors.New("the device does not know the request")
)

// envelope is every answer of the dialect.
type envelope struct {
	Retcode flexible        `json:"retcode"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

// read takes the first JSON value of the body alone: some devices append bytes.
func read(op string, a web.Answer, out any) error {
	switch {
	case len(a.Body) > web.MaxBody:
		return &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the answer is over the limit")}
	case a.Status == http.StatusNotFound:
		return &device.Error{Kind: device.Refused, Op: op, Err: errAbsent}
	case a.Status == http.StatusForbidden:
		return &device.Error{Kind: device.Refused, Op: op, Err: errClosed}
	case a.Status != http.StatusOK:
		return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("status %d", a.Status)}
	case bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<")):
		return &device.Error{Kind: device.Garbled, Op: op, Err: errPage}
	}
	var e envelope
	e.Retcode = flexible(noRetcode)
	if err := json.NewDecoder(bytes.NewReader(a.Body)).Decode(&e); err != nil {
		return &device.Error{Kind: device.Garbled, Op: op, Err: err}
	}
	if e.Retcode == noRetcode {
		return &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the answer has no retcode")}
	}
	if e.Retcode != 0 && unsupported(e.Message) {
		return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("retcode %d %q: %w", e.Retcode, device.Printable(e.Message), errUnsupported)}
	}
	if e.Retcode != 0 {
		return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("retcode %d %q", e.Retcode, device.Printable(e.Message))}
	}
	if out == nil || len(e.Data) == 0 {
		return nil
	}
	if err := json.Unmarshal(e.Data, out); err != nil {
		return &device.Error{Kind: device.Garbled, Op: op, Err: err}
	}
	return nil
}

// unsupported tells whether a device says that it does not have what was asked for, in one of the ways firmwares say it.
func unsupported(message string) bool {
	return strings.Contains(message, "Api unsupported") || strings.Contains(message, "unsupport action") || strings.Contains(message, "No handlers for this request")
}
