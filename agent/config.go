package agent

import (
	"log/slog"
	"time"

	"vestibule/agent/link"
	"vestibule/shared/secret"
)

// Config is what an agent needs to start. DataDir, LAN and SIP are required.
type Config struct {
	DataDir    string   // folder of the store, the page's certificate and the journal of acts; made if absent
	LAN        string   // host:port of the agent's own page; port 0 picks one
	SIP        string   // host:port of the registrar, IPv4, UDP and TCP; port 0 picks one
	SIPS       string   // host:port of the registrar over TLS, with the page's certificate; empty: none
	AutoP      string   // host:port of provisioning files over HTTP; empty: none are served
	AutoPS     string   // the same over HTTPS, with the page's certificate; empty: none
	Callbacks  string   // host:port where devices say what happens at them, over HTTP; empty: nowhere
	Syslog     string   // host:port where they write their syslog, over UDP; empty: nowhere
	SIPRate    int      // SIP messages a second taken from the address of a registered device; 0: the registrar's own bound
	Interfaces []string // names of the interfaces to look for devices on
	Claim      string   // claim link; ignored once claimed, empty: wait for the page
	OneMachine bool     // the building lives on this machine's loopback: demo and tests; only there tunnels lead to it
	TurnOnly   bool     // media to other agents goes over the TURN server beside the cloud, never directly
	Version    string
	Logger     *slog.Logger
	ShowPIN    func(pin secret.String) // told once, when the page's PIN is made; may be nil
	Changed    func()                  // told when a new document came into force; must not wait; may be nil
	Called     func()                  // told of each call that begins; must not wait; may be nil
	Pace       Pace
}

// Pace holds the times that a person may set; the zero value takes the parts' own.
type Pace struct {
	Good time.Duration // how long a version must run before it is the one to fall back to
	Gap  time.Duration // between two requests to one device
	Link link.Pace
}
