package device

import (
	"fmt"
	"strings"
	"time"
)

// Clock is how a device is told the zone of its site: the offset outside summer time, and the city by which its firmware knows when that is.
type Clock struct {
	Offset time.Duration
	City   string // empty: the zone has none
}

// Clock reads the zone; false when there is none. The offset is that of the year of now.
func (w Wanted) Clock(now time.Time) (Clock, bool) {
	zone, err := time.LoadLocation(w.Zone)
	if err != nil || w.Zone == "" {
		return Clock{}, false
	}
	offset := func(month time.Month) int {
		_, seconds := time.Date(now.Year(), month, 1, 12, 0, 0, 0, zone).Zone()
		return seconds
	}
	out := Clock{Offset: time.Duration(min(offset(time.January), offset(time.July))) * time.Second}
	if area, city, has := strings.Cut(w.Zone, "/"); has && area != "Etc" {
		out.City = strings.ReplaceAll(city[strings.LastIndex(city, "/")+1:], "_", " ")
	}
	return out, true
}

// GMT writes the offset as devices do: GMT+5:30.
func (c Clock) GMT() string {
	sign, minutes := "+", int(c.Offset/time.Minute)
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	return fmt.Sprintf("GMT%s%d:%02d", sign, minutes/60, minutes%60)
}
