package twon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
)

var (
	_ device.Driver     = (*Intercom)(nil)
	_ device.Configurer = (*Intercom)(nil)
	_ device.Opener     = (*Intercom)(nil)
	_ device.Resetter   = (*Intercom)(nil)
	_ device.Viewer     = (*Intercom)(nil)
	_ device.Certified  = (*Intercom)(nil)
)

// Intercom is one device.
type Intercom struct {
	web *web.Client

	mu      sync.Mutex
	access  device.Access
	written [32]byte // account and password that this process has written; the device never shows the password
}

// New makes a driver; Use says where the device is.
func New(opts web.Options) *Intercom { return &Intercom{web: web.New(opts)} }

// Use sets where and how the device is reached from now on.
func (d *Intercom) Use(access device.Access) {
	d.mu.Lock()
	d.access = access
	d.mu.Unlock()
	d.web.Use(access)
}

// Certificate is the one that the device answered with last.
func (d *Intercom) Certificate() device.Pin { return d.web.Certificate() }

// do calls a function and reads its result into out (nil: not wanted).
func (d *Intercom) do(ctx context.Context, k web.Call, out any) error {
	answer, err := d.web.Do(ctx, k)
	if err != nil {
		return err
	}
	return read(k.Op, answer, out)
}

// read takes the envelope of an answer off.
func read(op string, a web.Answer, out any) error {
	var said struct {
		Success *bool
		Result  json.RawMessage
		Error   struct {
			Code        int
			Param       string
			Description string
		}
	}
	switch err := json.NewDecoder(bytes.NewReader(a.Body)).Decode(&said); {
	case len(a.Body) > web.MaxBody:
		return &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the answer is over the limit")}
	case a.Status != http.StatusOK:
		return &device.Error{Kind: device.Refused, Op: op, Err: fmt.Errorf("status %d", a.Status)}
	case err != nil:
		return &device.Error{Kind: device.Garbled, Op: op, Err: err}
	case said.Success == nil:
		return &device.Error{Kind: device.Garbled, Op: op, Err: errors.New("the answer does not say whether it succeeded")}
	case !*said.Success:
		err := fmt.Errorf("error %d %q %q", said.Error.Code, device.Printable(said.Error.Description), device.Printable(said.Error.Param))
		return &device.Error{Kind: device.Refused, Op: op, Err: err}
	}
	if out == nil || len(said.Result) == 0 {
		return nil
	}
	if err := json.Unmarshal(said.Result, out); err != nil {
		return &device.Error{Kind: device.Garbled, Op: op, Err: err}
	}
	return nil
}

// Identify reads MAC, model and firmware.
func (d *Intercom) Identify(ctx context.Context) (device.Identity, error) {
	var who struct{ Variant, MACAddr, SWVersion string }
	if err := d.do(ctx, web.Call{Op: "identify", Method: http.MethodGet, Path: "/api/system/info"}, &who); err != nil {
		return device.Identity{}, err
	}
	mac, err := domain.ParseMAC(who.MACAddr)
	if err != nil {
		return device.Identity{}, &device.Error{Kind: device.Garbled, Op: "identify", Err: err}
	}
	return device.Identity{MAC: mac, Model: device.Printable(who.Variant), Firmware: device.Printable(who.SWVersion)}, nil
}

// Trigger activates a switch. How long it stays is the switch's own setting, which the API does not reach; a hold of 0 leaves it on.
func (d *Intercom) Trigger(ctx context.Context, relay int, hold time.Duration) error {
	action := "trigger"
	if hold == 0 {
		action = "on"
	}
	path := "/api/switch/ctrl?switch=" + strconv.Itoa(relay) + "&action=" + action
	return d.do(ctx, web.Call{Op: "trigger switch", Method: http.MethodGet, Path: path, Urgent: true}, nil)
}

// Reboot restarts the device.
func (d *Intercom) Reboot(ctx context.Context) error {
	return d.do(ctx, web.Call{Op: "reboot", Method: http.MethodGet, Path: "/api/system/restart"}, nil)
}

// Reset brings the factory's settings back.
func (d *Intercom) Reset(ctx context.Context) error {
	return d.do(ctx, web.Call{Op: "reset", Method: http.MethodGet, Path: "/api/config/factoryreset"}, nil)
}

// maxUptime is more than any device has been up; what lies beyond is no uptime.
const maxUptime = 1 << 31

// Uptime tells how long the device has been up, in whole seconds.
func (d *Intercom) Uptime(ctx context.Context) (time.Duration, error) {
	var said struct{ UpTime *int64 }
	if err := d.do(ctx, web.Call{Op: "uptime", Method: http.MethodGet, Path: "/api/system/status"}, &said); err != nil {
		return 0, err
	}
	if said.UpTime == nil || *said.UpTime < 0 || *said.UpTime > maxUptime {
		return 0, &device.Error{Kind: device.Garbled, Op: "uptime", Err: errors.New("the answer has no uptime")}
	}
	return time.Duration(*said.UpTime) * time.Second, nil
}

// Snapshot fetches a picture.
func (d *Intercom) Snapshot(ctx context.Context) (device.Picture, error) {
	const op = "fetch a picture"
	answer, err := d.web.Do(ctx, web.Call{Op: op, Method: http.MethodGet, Path: "/api/camera/snapshot?width=640&height=480", Most: device.MaxPicture})
	if err != nil {
		return device.Picture{}, err
	}
	return device.PictureOf(op, answer.Status, answer.Body)
}

// Stream gives the RTSP address, which is the same on all devices of the maker.
func (d *Intercom) Stream(context.Context) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return "rtsp://" + d.access.Addr.Addr().String() + ":554/h264_stream", nil
}
