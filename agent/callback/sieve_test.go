package callback

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/shared/domain"
)

// gate is the door phone of these tests.
var gate = domain.DeviceID{1}

// said is one thing that happens, at a time in milliseconds.
type said struct {
	at    int
	told  device.Told
	trust domain.Trust
	own   int // in its place: the agent moves this relay
}

func call(at int, told device.Told) said { return said{at: at, told: told, trust: domain.TrustDevice} }

func line(at int, told device.Told) said { return said{at: at, told: told, trust: domain.TrustSyslog} }
func acts(at, relay int) said            { return said{at: at, own: relay} }

func opened(way domain.Means, relay int) device.Told {
	return device.Told{What: device.Opened, Way: way, Number: relay}
}
func denied(way domain.Means) device.Told { return device.Told{What: device.Denied, Way: way} }
func moves(relay int) device.Told         { return device.Told{What: device.RelayOn, Number: relay} }

func returns(relay int) device.Told { return device.Told{What: device.RelayOff, Number: relay} }

func pressed(input int) device.Told { return device.Told{What: device.InputOn, Number: input} }

func alarm(alarm domain.Alarm) device.Told { return device.Told{What: device.Alarmed, Alarm: alarm} }

// run plays what happens through a sieve, with its clock, and gives the rows in words.
func run(all []said) []string {
	var s sieve
	start := time.Unix(1_800_000_000, 0)
	var rows []string
	note := func(out []heard) {
		for _, h := range out {
			rows = append(rows, strings.TrimSpace(fmt.Sprintf("%s %s%s %d %s", h.told.What, h.told.Way, h.told.Alarm, h.told.Number, h.trust)))
		}
	}
	for ms, i := 0, 0; i < len(all) || !s.next().IsZero(); ms += 50 {
		now := start.Add(time.Duration(ms) * time.Millisecond)
		note(s.due(now))
		for ; i < len(all) && all[i].at <= ms; i++ {
			if one := all[i]; one.own != 0 {
				s.acted(gate, one.own, time.Second, now)
			} else {
				note(s.take(heard{device: gate, told: one.told, trust: one.trust, at: now}))
			}
		}
	}
	return rows
}

// One happening is one row, whichever ways tell of it and in whatever order; two are two.
//
// shows EDGE-06 by agent/callback/opening.go: "return said.told.Way == h.told.Way && (n == 0 || said.told.Number == 0 || n == said.told.Number)" => "return false"
// shows EDGE-06 by agent/callback/opening.go: "o.relays = append(o.relays, h.told.Number)"
// shows EDGE-06 by agent/callback/sieve.go: "if repeated || h.told.What == device.Unlogged || s.ours(h) {" => "if h.told.What == device.Unlogged || s.ours(h) {"
// shows EDGE-29 by agent/callback/sieve.go: "if repeated || h.told.What == device.Unlogged || s.ours(h) {" => "if repeated || h.told.What == device.Unlogged {"
func TestSieve_OneHappeningIsOneRow(t *testing.T) {
	const code, card = domain.MeansCode, domain.MeansCard
	byCode := []string{"opened code 1 device_says"}
	for name, c := range map[string]struct {
		happens []said
		rows    []string
	}{
		"a code alone":                         {[]said{call(0, opened(code, 0))}, []string{"opened code 0 device_says"}},
		"a code, then its relay":               {[]said{call(0, opened(code, 0)), call(100, moves(1))}, byCode},
		"the relay, then its code":             {[]said{call(0, moves(1)), call(100, opened(code, 0))}, byCode},
		"code, relay, syslog":                  {[]said{call(0, opened(code, 0)), call(50, moves(1)), line(100, opened(code, 1))}, byCode},
		"syslog, code, relay":                  {[]said{line(0, opened(code, 1)), call(50, opened(code, 0)), call(100, moves(1))}, byCode},
		"syslog, relay, code":                  {[]said{line(0, opened(code, 1)), call(50, moves(1)), call(100, opened(code, 0))}, byCode},
		"syslog late":                          {[]said{call(0, opened(code, 0)), call(50, moves(1)), line(4000, opened(code, 1))}, byCode},
		"syslog alone":                         {[]said{line(0, opened(card, 2))}, []string{"opened card 2 syslog"}},
		"syslog and the relay's call":          {[]said{line(0, opened(card, 2)), call(50, moves(2))}, []string{"opened card 2 syslog"}},
		"one code for two doors":               {[]said{call(0, opened(code, 0)), call(50, moves(1)), call(60, moves(2))}, []string{"opened code 1 device_says", "opened code 2 device_says"}},
		"the relay after the row":              {[]said{call(0, opened(code, 0)), call(3000, moves(1))}, []string{"opened code 0 device_says"}},
		"a relay, and nobody says why":         {[]said{call(0, moves(1))}, []string{"opened device 1 device_says"}},
		"the button beside the door":           {[]said{call(0, pressed(1)), call(50, moves(1))}, []string{"input_on  1 device_says", "opened button 1 device_says"}},
		"the button by both ways":              {[]said{line(0, opened(domain.MeansButton, 0)), call(50, pressed(1)), call(60, moves(1))}, []string{"input_on  1 device_says", "opened button 1 syslog"}},
		"a call repeated":                      {[]said{call(0, opened(code, 0)), call(300, opened(code, 0)), call(400, moves(1))}, byCode},
		"two people, one after the other":      {[]said{call(0, opened(code, 0)), call(50, moves(1)), call(2000, opened(code, 0)), call(2050, moves(1))}, append(slices.Clone(byCode), byCode...)},
		"a code and a card at once":            {[]said{call(0, opened(code, 0)), call(10, opened(card, 0)), call(50, moves(1)), call(60, moves(2))}, []string{"opened code 1 device_says", "opened code 2 device_says", "opened card 0 device_says"}},
		"the agent opens":                      {[]said{acts(0, 1), call(80, moves(1)), call(1080, returns(1))}, nil},
		"the agent opens, the device is quick": {[]said{call(0, moves(1)), acts(50, 1), call(1080, returns(1))}, nil},
		"the agent opens, then the device":     {[]said{acts(0, 1), call(80, moves(1)), call(1080, returns(1)), call(3000, moves(1)), call(4000, returns(1))}, []string{"relay_off  1 device_says", "opened device 1 device_says"}},
		"the agent opens another relay":        {[]said{acts(0, 2), call(80, moves(1))}, []string{"opened device 1 device_says"}},
		"a wrong code by both ways":            {[]said{line(0, denied(code)), call(100, denied(code)), call(2000, denied(code)), line(2100, denied(code))}, []string{"denied code 0 device_says", "denied code 0 device_says"}},
		"a wrong card by syslog":               {[]said{line(0, denied(card))}, []string{"denied card 0 syslog"}},
		"tampering, told twice":                {[]said{call(0, alarm(domain.AlarmOther)), call(100, alarm(domain.AlarmTamper)), call(200, alarm(domain.AlarmOther))}, []string{"alarmed tamper 0 device_says"}},
		"an alarm that does not say more":      {[]said{call(0, alarm(domain.AlarmOther)), call(100, alarm(domain.AlarmOther))}, []string{"alarmed other 0 device_says"}},
		"a call":                               {[]said{call(0, device.Told{What: device.Unlogged})}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if rows := run(c.happens); !slices.Equal(rows, c.rows) {
				t.Errorf("%q, want %q", rows, c.rows)
			}
		})
	}
}

// Whatever a device says, in whatever order: nothing of it waits for ever, and no more rows come out than reports went in.
func FuzzSieve(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Add([]byte{17, 34, 0, 0, 51, 99, 255})
	f.Fuzz(func(t *testing.T, script []byte) {
		words := []device.Told{
			opened(domain.MeansCode, 0), opened(domain.MeansCard, 1), moves(1), moves(2), returns(1), pressed(1), denied(domain.MeansCode),
			alarm(domain.AlarmOther), alarm(domain.AlarmTamper), opened(domain.MeansButton, 2),
		}
		var all []said
		for i, b := range script[:min(len(script), 60)] {
			one := call(i*int(b%7)*100, words[int(b)%len(words)])
			if b > 200 {
				one = acts(one.at, 1+int(b)%2)
			} else if b%3 == 0 {
				one.trust = domain.TrustSyslog
			}
			all = append(all, one)
		}
		slices.SortFunc(all, func(a, b said) int { return a.at - b.at })
		if rows := run(all); len(rows) > len(all) {
			t.Fatalf("%d reports, %d rows", len(all), len(rows))
		}
	})
}
