package sim

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/shared/sim/announce"
	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/sipua"
	"vestibule/shared/sim/watch"
	"vestibule/shared/sim/webapi"
)

// The kinds of device, as they stand in announcements and states.
const (
	kindDoorPhone = "doorphone"
	kindMonitor   = "monitor"
)

// Device is what door phones and monitors have in common.
type Device struct {
	kind     string
	cfg      DeviceConfig
	ip       netip.Addr
	ua       *sipua.UA
	web      *webapi.Server
	settings *webapi.Settings
	contacts *webapi.Contacts
	keys     *webapi.Keys // nil in a monitor
	journal  webapi.Journal
	bank     *relaybank.Bank // nil in a monitor
	handle   *announce.Handle
	point    watch.Point
	kick     chan struct{} // the wanted registrations may have changed
	dark     atomic.Bool
	boots    atomic.Int64
	wg       sync.WaitGroup // sound and timers of calls
	told     *teller

	mu          sync.Mutex
	closed      bool
	accounts    [2]registered
	sessions    []*session // oldest first; the last may be open
	cancels     int
	nativeDTMF  bool
	answerAfter time.Duration
	dead        bool
	restart     *time.Timer
}

// roomFor is how many users with keys a door phone keeps.
const roomFor = 1000

// newDevice opens the ports of a device. After an error nothing stays open.
func newDevice(kind string, cfg DeviceConfig) (*Device, error) {
	sipAt, err := endpoint(cfg.Address, cfg.SIPPort)
	if err != nil {
		return nil, err
	}
	httpAt, err := endpoint(cfg.Address, cfg.HTTPPort)
	if err != nil {
		return nil, err
	}
	if cfg.APIPassword == "" {
		cfg.APIPassword = rand.Text()
	}
	d := &Device{kind: kind, cfg: cfg, ip: sipAt.Addr(), kick: make(chan struct{}, 1)}
	if kind == kindDoorPhone {
		d.bank, d.contacts, d.keys = relaybank.New(2), &webapi.Contacts{}, webapi.NewKeys(roomFor)
	}
	d.ua, err = sipua.Listen(sipAt, sipua.Options{Handler: line{d}, Product: cfg.Model + " " + cfg.Firmware})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.Name, err)
	}
	settings := d.ports()
	for k, v := range cfg.Settings {
		settings[k] = v
	}
	d.settings = webapi.NewSettings(d.bank != nil, settings)
	d.settings.ChooseMethods(d.bank != nil && choosesMethods(cfg.Firmware))
	d.web, err = webapi.Listen(webapi.Options{
		Addr: httpAt, User: cfg.APIUser, Password: cfg.APIPassword, Dialect: cfg.Dialect,
		Identity: webapi.Identity{Model: cfg.Model, MAC: cfg.MAC, Firmware: cfg.Firmware, Hardware: "1.0"},
		Settings: d.settings, Contacts: d.contacts, Keys: d.keys, Journal: &d.journal, Bank: d.bank, Changed: d.settingsChanged, Reboot: d.Reboot, Reset: d.Reset,
	})
	if err == nil && cfg.Dialect == webapi.Pages {
		err = d.web.Secure()
	}
	if err != nil {
		d.ua.Close()
		return nil, fmt.Errorf("%s: %w", cfg.Name, err)
	}
	d.told = newTeller(d)
	quirks := cfg.Quirks
	quirks.Dead = false // the power goes when the device runs
	d.web.SetQuirks(quirks)
	return d, nil
}

// ports are the settings that tell where the device listens.
func (d *Device) ports() map[string]string {
	return map[string]string{"Config.Settings.GENERAL.DirectIPPort": strconv.Itoa(int(d.ua.Addr().Port()))}
}

// service is how the device announces itself: under a name that no other building on the link has.
func (d *Device) service() announce.Service {
	return announce.Service{
		Instance: d.cfg.Model + "-" + d.cfg.MAC, Type: "_intercom._tcp", Host: "sim-" + strings.ToLower(d.cfg.MAC),
		Addr: d.web.Addr(), Text: map[string]string{
			"mac": d.cfg.MAC, "model": d.cfg.Model, "fw": d.cfg.Firmware,
			"type": d.kind, "sip": strconv.Itoa(int(d.ua.Addr().Port())),
		},
	}
}

func (d *Device) close() {
	d.ua.Close()
	d.web.Close()
}

// run serves until ctx ends.
func (d *Device) run(ctx context.Context) error {
	var wg sync.WaitGroup
	failed := make(chan error, 2)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	serve := func(f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); ctx.Err() == nil {
				failed <- fmt.Errorf("%s: %w", d.cfg.Name, err)
				cancel()
			}
		})
	}
	serve(d.ua.Run)
	serve(d.web.Run)
	wg.Go(func() { d.keepRegistered(ctx) })
	wg.Go(func() { d.provision(ctx) })
	wg.Go(func() { d.told.run(ctx) })
	if d.cfg.Quirks.Dead {
		d.SetDead(true)
	}
	wg.Wait()
	d.mu.Lock()
	d.closed = true
	if d.restart != nil {
		d.restart.Stop()
	}
	d.mu.Unlock()
	d.wg.Wait()
	if d.bank != nil {
		d.bank.Close()
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// settingsChanged reacts to keys written over the web interface.
func (d *Device) settingsChanged(keys []string) {
	account := false
	for _, k := range keys {
		account = account || strings.HasPrefix(k, "Config.Account")
	}
	if !account {
		return
	}
	if d.web.Quirks().Reboots {
		d.Reboot()
		return
	}
	d.changed(true)
}

// changed wakes those who wait and, if asked, the keeper of registrations.
func (d *Device) changed(registrations bool) {
	if registrations {
		select {
		case d.kick <- struct{}{}:
		default:
		}
	}
	d.point.Notify()
}

// Name is the device's name in the configuration.
func (d *Device) Name() string { return d.cfg.Name }

// SIPAddr is where the device takes calls.
func (d *Device) SIPAddr() netip.AddrPort { return d.ua.Addr() }

// HTTPAddr is the device's web interface.
func (d *Device) HTTPAddr() netip.AddrPort { return d.web.Addr() }

// APIUser is the user name of the web interface.
func (d *Device) APIUser() string { return d.cfg.APIUser }

// APIPassword is the password of the web interface.
func (d *Device) APIPassword() string { return d.cfg.APIPassword }

// MAC is the device's MAC address, 12 hexadecimal digits.
func (d *Device) MAC() string { return d.cfg.MAC }

// Setting is the value of a configuration key at the moment.
func (d *Device) Setting(key string) string { return d.settings.Get(key) }

// Configure writes configuration keys as somebody at the device would; unknown keys are ignored.
func (d *Device) Configure(values map[string]string) {
	if keys := d.settings.Set(values); len(keys) > 0 {
		d.settingsChanged(keys)
	}
}

// Contacts is the directory of the device; a monitor has none.
func (d *Device) Contacts() []webapi.Contact {
	if d.contacts == nil {
		return nil
	}
	return d.contacts.All()
}

// Keys are the users and schedules of a door phone; nil of a monitor.
func (d *Device) Keys() *webapi.Keys { return d.keys }
