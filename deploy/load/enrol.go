package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"vestibule/agent/enroll"
	"vestibule/deploy/stack"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// place is one site with its agent, and with one door phone when it is furnished.
type place struct {
	Identity enroll.Identity
	Device   string // id; empty: none
	Group    string
	Building string
}

func (p place) path(rest string) string { return "/sites/" + p.Identity.Site.String() + rest }

func (p place) device() (domain.DeviceID, error) {
	if p.Device == "" {
		return domain.DeviceID{}, nil
	}
	return domain.ParseID[domain.DeviceID](p.Device)
}

// prepared is what a folder holds that was made for an earlier run.
type prepared struct {
	Ports  ports
	Token  string
	Places [][]place // a list of the product's has at most 8,192
}

// preparedFile lies beside the cloud's data. It holds keys of agents that exist nowhere else.
const preparedFile = "agents.cbor"

func readPrepared(dir string) (p prepared, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, preparedFile))
	if err != nil {
		return p, err
	}
	return p, wire.Unmarshal(raw, &p)
}

// places are all of them.
func (p prepared) places() []place { return slices.Concat(p.Places...) }

func (p prepared) write(dir string) error {
	raw, err := wire.Marshal(p)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, preparedFile), raw, 0o600)
}

// enrolledAtOnce is how many sites are made side by side; the database has one writer.
const enrolledAtOnce = 6

// enrol makes sites and claims an agent for each, all by the product's own path: the API, a claim code, a certificate of its authority. The
// first furnished sites get a building and a door phone with a relay.
func enrol(ctx context.Context, c *cloud, n, furnished int, progress func(done int)) ([]place, error) {
	front, err := newFront(ctx, c.ports.Agents)
	if err != nil {
		return nil, err
	}
	places := make([]place, n)
	errs := make([]error, enrolledAtOnce)
	var next, done atomic.Int64
	var work sync.WaitGroup
	for w := range enrolledAtOnce {
		work.Go(func() {
			for errs[w] == nil && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				places[i], errs[w] = enrolOne(ctx, c.client, front, i, i < furnished)
				if now := done.Add(1); now%500 == 0 {
					progress(int(now))
				}
			}
		})
	}
	work.Wait()
	return places, errors.Join(append(errs, ctx.Err())...)
}

func enrolOne(ctx context.Context, client *stack.Client, front string, i int, furnished bool) (place, error) {
	var p place
	s := &stack.Sample{Devices: map[string]string{}}
	name := fmt.Sprintf("Site %d", i+1)
	if furnished {
		var err error
		if s, err = stack.NewSite(ctx, client, name); err != nil {
			return p, err
		}
		if p.Device, err = s.AddDevice(ctx, client, doorPhone(i, name)); err != nil {
			return p, err
		}
		p.Group, p.Building = s.GroupID, s.BuildingID
	} else {
		var made stack.Named
		if err := client.Do(ctx, "POST", "/sites", map[string]any{"name": name, "time_zone": "Europe/Berlin"}, &made); err != nil {
			return p, err
		}
		s.SiteID = made.ID
	}
	link, err := s.Claim(ctx, client)
	if err != nil {
		return p, err
	}
	at, err := url.Parse(link)
	if err != nil {
		return p, err
	}
	at.Host = front
	v := &vault{}
	p.Identity, err = enroll.NewClaimer(enroll.Config{Vault: v, Version: "load"}).Claim(ctx, enroll.Request{Link: at.String()})
	return p, err
}

// doorPhone is the device of a site.
func doorPhone(i int, name string) stack.DeviceForm {
	return stack.DeviceForm{
		MAC: fmt.Sprintf("0C1109%06X", i), Name: name, Driver: "akuvox", DTMFMethod: "info", Address: "127.0.0.1:9", APIUser: "admin", APIPassword: "a-password-of-the-load",
		Relays: []stack.RelayForm{{Number: 1, Name: "Door", Enabled: true, DTMF: "#", Mode: "momentary", HoldMS: 1000}},
	}
}

// vault takes an identity and keeps nothing.
type vault struct{}

func (*vault) Identity(context.Context) (enroll.Identity, bool, error) {
	return enroll.Identity{}, false, nil
}
func (*vault) Adopt(context.Context, enroll.Identity) error        { return nil }
func (*vault) SaveIdentity(context.Context, enroll.Identity) error { return nil }
func (*vault) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return fn(ctx)
}
func (*vault) PendingKey(context.Context) ([]byte, error)   { return nil, nil }
func (*vault) SavePendingKey(context.Context, []byte) error { return nil }
func (*vault) ClearPendingKey(context.Context) error        { return nil }

// newFront leads to the agents' listener, each connection from another address: the cloud bounds how many claims come from one, and
// buildings have their own.
func newFront(ctx context.Context, target string) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go func() {
		for i := 0; ; i++ {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			dialer := net.Dialer{LocalAddr: addressOf(i)}
			far, err := dialer.DialContext(ctx, "tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
			go func() { _, _ = io.Copy(near, far); _ = near.Close() }()
		}
	}()
	return listener.Addr().String(), nil
}
