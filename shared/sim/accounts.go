package sim

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"vestibule/shared/sim/sipua"
)

// registered is what became of one of the two SIP accounts.
type registered struct {
	account sipua.Account // zero = switched off
	state   sipua.Registration
}

// wanted is account n (1 or 2) as the settings have it, or the zero account.
func (d *Device) wanted(n int) sipua.Account {
	key := func(k string) string { return d.settings.Get("Config.Account" + strconv.Itoa(n) + "." + k) }
	server, user := strings.TrimSpace(key("SIP.Server")), key("GENERAL.UserName")
	if d.dark.Load() || key("GENERAL.Enable") != "1" || server == "" || user == "" {
		return sipua.Account{}
	}
	expires, err := strconv.Atoi(key("REG.Timeout"))
	if err != nil || expires < 30 || expires > 65535 {
		expires = 1800
	}
	return sipua.Account{
		Server: net.JoinHostPort(server, or(key("SIP.Port"), "5060")), User: user,
		AuthUser: key("GENERAL.AuthName"), Password: key("GENERAL.Pwd"), Expires: expires,
	}
}

// keepRegistered runs a registration for each account that the settings want.
func (d *Device) keepRegistered(ctx context.Context) {
	type run struct {
		account sipua.Account
		boot    int64
		cancel  context.CancelFunc
		done    chan struct{}
	}
	var runs [2]run
	stop := func(i int) {
		if runs[i].cancel != nil {
			runs[i].cancel()
			<-runs[i].done
		}
		runs[i] = run{}
	}
	for {
		for i := range runs {
			want := d.wanted(i + 1)
			boot := d.boots.Load()
			if want == runs[i].account && boot == runs[i].boot {
				continue
			}
			stop(i)
			d.note(i, registered{account: want})
			if want == (sipua.Account{}) {
				runs[i].boot = boot
				continue
			}
			own, cancel := context.WithCancel(ctx)
			r := run{account: want, boot: boot, cancel: cancel, done: make(chan struct{})}
			runs[i] = r
			go func() {
				defer close(r.done)
				d.ua.Register(own, want, func(s sipua.Registration) { d.note(i, registered{want, s}) },
					func() bool { return ctx.Err() == nil && !d.dark.Load() })
			}()
		}
		select {
		case <-d.kick:
		case <-ctx.Done():
			stop(0)
			stop(1)
			return
		}
	}
}

func (d *Device) note(i int, r registered) {
	d.mu.Lock()
	d.accounts[i] = r
	d.mu.Unlock()
	d.point.Notify()
}

// identity is the account to call with: the first that is registered.
func (d *Device) identity() (sipua.Account, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.accounts {
		if r.state.Registered {
			return r.account, true
		}
	}
	return sipua.Account{}, false
}

// fromRegistrar says whether an address belongs to a registrar of the device.
func (d *Device) fromRegistrar(source netip.AddrPort) bool {
	d.mu.Lock()
	accounts := d.accounts
	d.mu.Unlock()
	for _, r := range accounts {
		host, _, err := net.SplitHostPort(r.account.Server)
		if err != nil {
			continue
		}
		if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap() == source.Addr() {
			return true
		}
	}
	return false
}
