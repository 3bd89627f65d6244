package cloud

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/shared/domain"
)

// VerifyLogs checks the logs of every site in the database of cfg, whether its cloud runs or not, and writes a line for each chain that is not whole and
// one for each erased home; whole when every row stands as it was written.
func VerifyLogs(ctx context.Context, cfg Config, out io.Writer) (whole bool, err error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if _, err := os.Stat(cfg.DataDir); err != nil {
		return false, fmt.Errorf("--data: %w", err)
	}
	c := &Cloud{cfg: cfg}
	key, err := c.open(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = c.store.Close() }()
	keys, err := enroll.New(ctx, enroll.Config{Store: c.store, Sealer: key, Now: time.Now, Logger: cfg.Logger})
	if err != nil {
		return false, err
	}
	log := eventlog.New(eventlog.Config{Keys: keys, Store: c.store, Shelf: c.store, Clock: thisMachine{}, Logger: cfg.Logger})
	ctx = account.AsSystem(ctx, "Verify")
	sites, err := c.store.EverySite(ctx)
	if err != nil {
		return false, err
	}
	whole = true
	var rows, chains uint64
	for _, site := range sites {
		found, err := log.Verify(ctx, site)
		if err != nil {
			return false, err
		}
		for _, f := range found {
			tell(out, site, f)
			chains, rows, whole = chains+1, rows+f.Rows, whole && f.Bad == ""
		}
	}
	_, err = fmt.Fprintf(out, "%d rows in %d chains looked at.\n", rows, chains)
	return whole, err
}

// thisMachine is the clock of a program that serves nothing.
type thisMachine struct{}

// Now gives the time.
func (thisMachine) Now() (time.Time, time.Duration) { return time.Now().UTC(), 0 }

// tell says what stands out in a chain.
func tell(out io.Writer, site domain.SiteID, f eventlog.Finding) {
	at := strings.Join([]string{"site", site.String(), "agent", f.Agent.String(), f.Stream}, " ")
	for _, e := range f.Erasures {
		_, _ = fmt.Fprintf(out, "%s: %d rows of home %s erased by %s at %s\n", at, e.Rows, e.Name, e.By, e.At.UTC().Format(time.RFC3339))
	}
	switch {
	case f.Bad == "":
	case f.Until > f.Seq:
		_, _ = fmt.Fprintf(out, "%s: a row from %d to %d is %s\n", at, f.Seq, f.Until, f.Bad)
	case f.Bad == eventlog.BadForged:
		_, _ = fmt.Fprintf(out, "%s: the checkpoint at row %d was not signed by the agent\n", at, f.Seq)
	default:
		_, _ = fmt.Fprintf(out, "%s: row %d is %s\n", at, f.Seq, f.Bad)
	}
}
