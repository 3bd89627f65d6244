package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vestibule/agent/outbox"
	"vestibule/agent/store"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// VerifyLog checks the log in a data folder, whether its agent runs or not, and says what it found in a line for each stream; ok when every row stands
// as it was written.
func VerifyLog(ctx context.Context, dir string) (lines []string, ok bool, err error) {
	log, err := store.OpenLog(ctx, dir)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	id, claimed, err := log.Identity(ctx)
	if err != nil {
		return nil, false, err
	}
	if !claimed {
		return nil, false, fault.New(fault.NotFound, "This agent belongs to no site yet and has no log.")
	}
	found, err := outbox.Verify(ctx, log, id.Agent, id.Vouches)
	if err != nil {
		return nil, false, err
	}
	ok = true
	for _, f := range found {
		lines = append(lines, finding(f))
		ok = ok && f.Bad == ""
	}
	return lines, ok, nil
}

var streamNames = map[domain.Stream]string{domain.StreamAudit: "audit", domain.StreamStatus: "status"}

// finding says one finding in words.
func finding(f outbox.Finding) string {
	name := streamNames[f.Stream]
	switch f.Bad {
	case "":
	case outbox.BadForged:
		return fmt.Sprintf("%s: the checkpoint at row %d was not signed by this agent.", name, f.Seq)
	default:
		return fmt.Sprintf("%s: row %d is %s.", name, f.Seq, f.Bad)
	}
	text := fmt.Sprintf("%s: %d rows wait and stand as they were written", name, f.Rows)
	if f.Holes > 0 {
		text += fmt.Sprintf(", %d of them for rows that were given up", f.Holes)
	}
	if f.From > 1 {
		text += fmt.Sprintf("; rows up to %d are with the cloud", f.From-1)
	}
	return text + fmt.Sprintf("; signed up to row %d.", f.Signed)
}

// verify is what the agent's page says about the log.
func (a *Agent) verify(ctx context.Context) (string, error) {
	lines, _, err := VerifyLog(ctx, a.cfg.DataDir)
	return strings.Join(lines, " "), err
}

// sign signs what the outbox says about the log.
func (a *Agent) sign(ctx context.Context, purpose string, message []byte) (signature, leaf []byte, err error) {
	id, have, err := a.store.Identity(ctx)
	if err != nil {
		return nil, nil, err
	}
	if !have || len(id.Chain) == 0 {
		return nil, nil, fault.New(fault.Unauthenticated, "The agent belongs to nobody.")
	}
	signature, err = id.Prove(purpose, message)
	return signature, id.Chain[0], err
}
