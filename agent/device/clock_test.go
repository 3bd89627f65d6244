package device_test

import (
	"testing"
	"time"

	"vestibule/agent/device"
)

func TestClock_ZonesAsDevicesWriteThem(t *testing.T) {
	now := time.Date(2026, time.August, 1, 0, 0, 0, 0, time.UTC)
	for zone, want := range map[string][2]string{
		"Europe/Moscow": {"GMT+3:00", "Moscow"}, "Europe/Berlin": {"GMT+1:00", "Berlin"}, "America/New_York": {"GMT-5:00", "New York"},
		"Asia/Kolkata": {"GMT+5:30", "Kolkata"}, "America/St_Johns": {"GMT-3:30", "St Johns"}, "Australia/Sydney": {"GMT+10:00", "Sydney"},
		"America/Argentina/Salta": {"GMT-3:00", "Salta"}, "UTC": {"GMT+0:00", ""}, "Etc/GMT-4": {"GMT+4:00", ""},
	} {
		clock, ok := device.Wanted{Zone: zone}.Clock(now)
		if got := [2]string{clock.GMT(), clock.City}; !ok || got != want {
			t.Errorf("%s is %v, want %v", zone, got, want)
		}
	}
	for _, zone := range []string{"", "Mars/Olympus"} {
		if clock, ok := (device.Wanted{Zone: zone}).Clock(now); ok {
			t.Errorf("%q is %v", zone, clock)
		}
	}
}
