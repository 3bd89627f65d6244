// Command vestibule-cloud is the cloud service: portal, API and broker in one program. Without a database address it keeps everything in
// one folder. `vestibule-cloud openapi` writes the API's OpenAPI document; `verify` checks the logs in a
// database, `broker-files` writes what an external broker needs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // zones of sites, on machines without them

	"vestibule/cloud"
	"vestibule/cloud/account"
)

// Exit codes.
const (
	exitFailed = 1 // it ran and failed
	exitConfig = 2 // it could not start
)

func main() {
	if os.Getenv("GOGC") == "" {
		keepHeap(setPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, env func(string) string, out, problems io.Writer) int {
	if len(args) == 1 && args[0] == "openapi" {
		if _, err := out.Write(cloud.OpenAPI()); err != nil {
			return exitFailed
		}
		return 0
	}
	act := serve
	if len(args) > 0 && acts[args[0]] != nil {
		act, args = acts[args[0]], args[1:]
	}
	cfg, done, err := configure(args, env, out, problems)
	if done {
		return 0
	}
	if err != nil {
		return complain(problems, err)
	}
	return act(ctx, cfg, out, problems)
}

// acts are what the program does besides serving.
var acts = map[string]func(ctx context.Context, cfg cloud.Config, out, problems io.Writer) int{"verify": verify, "broker-files": brokerFiles}

// serve serves until ctx ends.
func serve(ctx context.Context, cfg cloud.Config, out, problems io.Writer) int {
	c, err := cloud.New(ctx, cfg)
	if err != nil {
		return complain(problems, err)
	}
	at := c.Addresses()
	fmt.Fprintf(out, "Vestibule is at %s (agents: %s, MQTT: %s)\n", at.PublicURL, at.Agents, at.MQTT)
	if link := c.SetupLink(); link != "" {
		fmt.Fprintf(out, "Make the first account within an hour: %s\n", link)
	}
	if err := c.Run(ctx); err != nil {
		complain(problems, err)
		return exitFailed
	}
	return 0
}

// verify checks the logs of a database; it fails when a row is not as it was written.
func verify(ctx context.Context, cfg cloud.Config, out, problems io.Writer) int {
	whole, err := cloud.VerifyLogs(ctx, cfg, out)
	if err != nil {
		return complain(problems, err)
	}
	if !whole {
		return exitFailed
	}
	return 0
}

// brokerFiles writes what an external broker needs.
func brokerFiles(ctx context.Context, cfg cloud.Config, out, problems io.Writer) int {
	dir, err := cloud.WriteBrokerFiles(ctx, cfg)
	if err != nil {
		return complain(problems, err)
	}
	fmt.Fprintln(out, "The broker's certificates are in", dir)
	return 0
}

// complain tells an error in one line.
func complain(problems io.Writer, err error) int {
	fmt.Fprintln(problems, "vestibule-cloud: "+strings.Join(strings.Fields(err.Error()), " "))
	return exitConfig
}

// configure reads flags. A database address may hold a password, so it may also come from the environment, where ps does not show it.
func configure(args []string, env func(string) string, out, problems io.Writer) (cfg cloud.Config, done bool, err error) {
	flags := flag.NewFlagSet("vestibule-cloud", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&cfg.HTTP, "http", "127.0.0.1:8080", "`address` of portal and API; other than loopback needs --tls-cert")
	flags.StringVar(&cfg.Agents, "agents", ":8443", "`address` of HTTPS for agents")
	flags.StringVar(&cfg.MQTT, "mqtt", ":8883", "`address` of MQTT over TLS for agents")
	flags.StringVar(&cfg.Broker, "broker", "", "`address` of an external broker's listener for clouds, which several may share: mqtts://host:port, or nats://host:port,host:port with every node; without it the broker is inside")
	flags.StringVar(&cfg.DataDir, "data", "vestibule-data", "`folder` of database, master key and set-up token")
	flags.StringVar(&cfg.Database, "database", env("VESTIBULE_DATABASE"), "postgres:// `address`; without it SQLite in the data folder (or VESTIBULE_DATABASE)")
	flags.StringVar(&cfg.TLSCert, "tls-cert", "", "PEM `file` with the certificate for portal and API")
	flags.StringVar(&cfg.TLSKey, "tls-key", "", "PEM `file` with its key")
	flags.StringVar(&cfg.Mail.SMTP, "smtp", "", "`address` of the mail server, such as mail.example.com:587; without it mails wait")
	flags.StringVar(&cfg.Mail.TLS, "smtp-tls", "", "`how` its connection is protected: starttls (default), tls, or none on this machine alone")
	flags.StringVar(&cfg.Mail.CA, "smtp-ca", "", "PEM `file` of the authority of its certificate, when the machine does not know it")
	flags.StringVar(&cfg.Mail.User, "smtp-user", "", "`name` to sign in there")
	flags.StringVar(&cfg.Mail.PasswordFile, "smtp-password-file", "", "`file` with the password, one line")
	flags.StringVar(&cfg.Mail.From, "mail-from", "", "`sender` of mails, such as Vestibule <doors@example.com>")
	flags.StringVar(&cfg.Mail.Folder, "mail-folder", "", "`folder` where mails become files, for a machine without a mail server")
	flags.StringVar(&cfg.RemoteDomain, "remote-domain", "", "`name` below which devices' own pages get hosts, not of the portal's registrable domain; without it there is no Remote Control")
	flags.StringVar(&cfg.PublicURL, "public-url", "", "`address` by which people reach the portal")
	flags.StringVar(&cfg.AgentsHost, "agents-host", "", "`host` by which agents reach --agents")
	flags.StringVar(&cfg.BrokerHost, "mqtt-host", "", "`host` by which agents reach --mqtt; with --broker the host:port of its listener for agents")
	flags.DurationVar(&cfg.Drain, "drain", 0, "how `long` at its end the service says at /readyz that it goes, and serves on, so that load balancers look away")
	flags.StringVar(&cfg.Metrics, "metrics", "", "`address` for Prometheus on loopback or in a private network, such as 127.0.0.1:9464; without it there is none")
	flags.StringVar(&cfg.BackupStamp, "backup-stamp", "", "`file` that every good backup touches; its age is told at --metrics")
	partFlags(flags, &cfg)
	flags.Func("trusted-proxy", "reverse proxy as `CIDR`, such as 10.0.0.5/32, whose X-Forwarded-For is believed; may be given again", func(text string) error {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("%q is no network such as 10.0.0.5/32", text)
		}
		cfg.TrustedProxies = append(cfg.TrustedProxies, prefix.Masked())
		return nil
	})
	flags.StringVar(&cfg.Region, "region", account.RegionEurope, "which regional `cloud` this is: "+strings.Join(account.Regions(), ", "))
	flags.BoolVar(&cfg.LegacyOffices, "legacy-offices", false, "let installers make office projects of the old kind; otherwise they come by migration alone")
	flags.Func("scenarios", "JSON `file` with the application scenarios of commercial sites: {\"single_company\": [\"Shop\"], \"multi_company\": [\"Office building\"]}", func(file string) error {
		cfg.Scenarios, err = cloud.ReadScenarios(file)
		return err
	})
	level := slog.LevelInfo
	flags.TextVar(&level, "log", slog.LevelInfo, "lowest `level` of the log: DEBUG, INFO, WARN, ERROR")
	version := flags.Bool("version", false, "print the version and end")
	err = flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(out, "vestibule-cloud [flags] | vestibule-cloud verify [flags] | vestibule-cloud broker-files [flags] | vestibule-cloud openapi")
		flags.SetOutput(out)
		flags.PrintDefaults()
		return cfg, true, nil
	case err != nil:
		return cfg, false, err
	case flags.NArg() > 0:
		return cfg, false, fmt.Errorf("%q is not a command; -h lists what there is", flags.Arg(0))
	case *version:
		fmt.Fprintln(out, "vestibule-cloud "+buildVersion())
		return cfg, true, nil
	}
	cfg.Version = buildVersion()
	cfg.Logger = slog.New(slog.NewTextHandler(problems, &slog.HandlerOptions{Level: level}))
	return cfg, false, nil
}

// partFlags are those of parts that few change.
func partFlags(flags *flag.FlagSet, cfg *cloud.Config) {
	flags.IntVar(&cfg.KeepLogDays, "keep-log", 0, "`days` that rows of the log are kept after their month; a site may keep less, never longer; 0: for ever, and a site as it likes")
	flags.StringVar(&cfg.LogArchive, "log-archive", "", "`folder` where rows of the log go when they leave; without it they are gone")
	turnFlags(flags, &cfg.Turn)
}

// turnFlags are those of the TURN server for media between agents.
func turnFlags(flags *flag.FlagSet, turn *cloud.TurnConfig) {
	flags.StringVar(&turn.Listen, "turn", "", "UDP `address` of the TURN server for media between agents, such as :3478; without it there is none")
	flags.StringVar(&turn.Public, "turn-public", "", "`address` by which agents reach --turn: an IP, or IP:port")
	flags.StringVar(&turn.Ports, "turn-ports", "", "`range` of the ports that it lends, such as 49152-49663")
	flags.StringVar(&turn.SecretFile, "turn-secret-file", "", "`file` with the secret of its logins, one line, when several clouds share one; otherwise each start makes its own")
	flags.Func("turn-allow", "private network as `CIDR` that it may send to; may be given again. Without it public addresses alone", func(text string) error {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("%q is no network such as 10.20.0.0/16", text)
		}
		turn.Allowed = append(turn.Allowed, prefix.Masked())
		return nil
	})
}

// release is set by the build of a release.
var release string

func buildVersion() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
