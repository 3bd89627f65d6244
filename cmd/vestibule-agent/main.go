// Command vestibule-agent is the box in a building. It needs a folder of its own and one claim; everything else comes from the cloud and
// stays here. `vestibule-agent verify --data folder` checks the log in a folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // zones of sites, on boxes without them

	"vestibule/agent"
	"vestibule/agent/heap"
	"vestibule/shared/secret"
)

// Exit codes.
const (
	exitFailed = 1 // it ran and failed
	exitConfig = 2 // it could not start
)

// tidyAfter is how long after the start, or after a new document, memory goes back to the system: to read a document takes three times what it is.
const tidyAfter = 2 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, out, problems io.Writer) int {
	if len(args) > 0 && args[0] == "verify" {
		return verify(ctx, args[1:], out, problems)
	}
	cfg, done, err := configure(args, out, problems)
	if done {
		return 0
	}
	if err != nil {
		return complain(problems, err)
	}
	tidy := time.AfterFunc(tidyAfter, debug.FreeOSMemory)
	defer tidy.Stop()
	cfg.Changed = func() { tidy.Reset(tidyAfter) }
	if os.Getenv("GOGC") == "" {
		cfg.Called = heap.Keep().Call
	}
	a, err := agent.New(ctx, cfg)
	if err != nil {
		return complain(problems, err)
	}
	fmt.Fprintf(out, "Vestibule agent: page at %s, SIP at %s\n", a.LANURL(), a.SIP())
	if err := a.Run(ctx); err != nil {
		complain(problems, err)
		return exitFailed
	}
	return 0
}

// verify checks the log of a data folder; it fails when a row is not as it was written.
func verify(ctx context.Context, args []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("vestibule-agent verify", flag.ContinueOnError)
	flags.SetOutput(problems)
	dir := flags.String("data", dataFolder, "`folder` of the agent's store")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || flags.NArg() > 0 {
		return exitConfig
	}
	lines, ok, err := agent.VerifyLog(ctx, *dir)
	if err != nil {
		return complain(problems, err)
	}
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	if !ok {
		return exitFailed
	}
	return 0
}

// dataFolder is where the store lies unless a flag says otherwise.
const dataFolder = "vestibule-agent-data"

// complain tells an error in one line.
func complain(problems io.Writer, err error) int {
	fmt.Fprintln(problems, "vestibule-agent: "+strings.Join(strings.Fields(err.Error()), " "))
	return exitConfig
}

func configure(args []string, out, problems io.Writer) (cfg agent.Config, done bool, err error) {
	flags := flag.NewFlagSet("vestibule-agent", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&cfg.DataDir, "data", dataFolder, "`folder` of the agent's store")
	flags.StringVar(&cfg.LAN, "lan", "0.0.0.0:8081", "`address` of the agent's own page")
	flags.StringVar(&cfg.SIP, "sip", "0.0.0.0:5060", "IPv4 `address` of calls, UDP and TCP")
	flags.StringVar(&cfg.SIPS, "sips", "", "IPv4 `address` of calls over TLS; empty: port 5061 where --sip has 5060, else none; \"none\": none")
	flags.StringVar(&cfg.AutoP, "autop", "", "IPv4 `address` of provisioning files over HTTP; empty: port 8082 where --sip has 5060, else none; \"none\": none")
	flags.StringVar(&cfg.AutoPS, "autops", "", "IPv4 `address` of provisioning files over HTTPS; empty: port 8443 where --sip has 5060, else none; \"none\": none")
	flags.StringVar(&cfg.Callbacks, "callbacks", "", "IPv4 `address` where devices say what happens at them, over HTTP; empty: port 8083 where --sip has 5060, else none; \"none\": none")
	flags.StringVar(&cfg.Syslog, "syslog", "", "IPv4 `address` where devices write their syslog, over UDP; empty: port 5514 where --sip has 5060, else none; \"none\": none")
	flags.IntVar(&cfg.SIPRate, "sip-rate", 0, "SIP messages a second taken from one registered `address`; 0: enough for any device")
	flags.StringVar(&cfg.Claim, "claim", "", "claim `link` of the portal, used once; without it the page asks for it")
	flags.BoolVar(&cfg.TurnOnly, "turn-only", false, "let calls to other agents of the site go over the TURN server beside the cloud alone, never directly")
	interfaces := flags.String("interfaces", "", "comma-separated `names` to look for devices on; empty: every multicast interface that is up")
	level := flags.String("log", "info", "`level` of the log: debug, info, warn or error")
	version := flags.Bool("version", false, "print the version and end")
	cfg.Version = programVersion()
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		fmt.Fprintln(out, "vestibule-agent [flags] keeps the doors of a building working | vestibule-agent verify --data folder checks its log")
		flags.PrintDefaults()
		return cfg, true, nil
	} else if err != nil {
		return cfg, false, err
	}
	if *version {
		fmt.Fprintln(out, "vestibule-agent", cfg.Version)
		return cfg, true, nil
	}
	if flags.NArg() > 0 {
		return cfg, false, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	var at slog.Level
	if err := at.UnmarshalText([]byte(*level)); err != nil {
		return cfg, false, fmt.Errorf("--log: debug, info, warn or error")
	}
	cfg.Logger = slog.New(slog.NewTextHandler(problems, &slog.HandlerOptions{Level: at}))
	cfg.ShowPIN = func(pin secret.String) { fmt.Fprintf(out, "PIN of the agent's page: %s\n", pin.Reveal()) }
	cfg.SIPS, cfg.AutoP, cfg.AutoPS = beside(cfg.SIP, cfg.SIPS, "5061"), beside(cfg.SIP, cfg.AutoP, "8082"), beside(cfg.SIP, cfg.AutoPS, "8443")
	cfg.Callbacks, cfg.Syslog = beside(cfg.SIP, cfg.Callbacks, "8083"), beside(cfg.SIP, cfg.Syslog, "5514")
	cfg.Interfaces, err = names(*interfaces)
	return cfg, false, err
}

// beside gives the address of a service that stands beside SIP: where that has its usual port, the service has its own usual one, as SIP over TLS
// has 5061 (RFC 3261 section 19.1.2).
func beside(sip, asked, usual string) string {
	host, port, err := net.SplitHostPort(sip)
	switch {
	case asked == "none" || asked == "" && (err != nil || port != "5060"):
		return ""
	case asked != "":
		return asked
	}
	return net.JoinHostPort(host, usual)
}

// names splits the flag; empty means every interface that is up and takes multicast, loopback excepted.
func names(text string) ([]string, error) {
	if text != "" {
		return strings.Split(text, ","), nil
	}
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("interfaces: %w", err)
	}
	var out []string
	for _, nic := range all {
		if nic.Flags&net.FlagUp != 0 && nic.Flags&net.FlagMulticast != 0 && nic.Flags&net.FlagLoopback == 0 {
			out = append(out, nic.Name)
		}
	}
	return out, nil
}

func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "0.1.0"
	}
	return info.Main.Version
}
