package akuvox

import (
	"context"
	"errors"
	"net/http"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/web"
)

// Reboot restarts the device.
func (p *Phone) Reboot(ctx context.Context) error {
	if p.speaksPages() {
		return unknownWay("reboot")
	}
	body := order{Target: "system", Action: "reboot"}
	return p.do(ctx, web.Call{Op: "reboot", Method: http.MethodPost, Path: "/api/system/reboot", JSON: body}, nil)
}

// Reset brings the factory's settings back. Devices keep the user and the password of their interface.
func (p *Phone) Reset(ctx context.Context) error {
	if p.speaksPages() {
		return unknownWay("reset")
	}
	return p.do(ctx, web.Call{Op: "reset", Method: http.MethodGet, Path: "/api/config/reset_factory"}, nil)
}

// unknownWay is what the newer pages get: how they do it is not public, and nothing is tried.
func unknownWay(op string) error {
	return &device.Error{Kind: device.Refused, Op: op, Err: errors.New("how this firmware is told so is not public")}
}

// maxUptime is more than any device has been up; what lies beyond is no uptime.
const maxUptime = 1 << 31

// Uptime tells how long the device has been up, in whole seconds.
func (p *Phone) Uptime(ctx context.Context) (time.Duration, error) {
	var data struct {
		UpTime *flexible `json:"UpTime"`
	}
	if err := p.do(ctx, web.Call{Op: "uptime", Method: http.MethodGet, Path: "/api/system/status"}, &data); err != nil {
		return 0, err
	}
	if data.UpTime == nil || *data.UpTime < 0 || *data.UpTime > maxUptime {
		return 0, &device.Error{Kind: device.Garbled, Op: "uptime", Err: errors.New("the answer has no uptime")}
	}
	return time.Duration(*data.UpTime) * time.Second, nil
}
