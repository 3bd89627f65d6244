package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// sites tells the fleet what others know of a site's owner and of its agents.
type sites struct{ c *Cloud }

// OrgZone gives the zone of an installer, which its new sites begin with (ACC-10).
func (s sites) OrgZone(ctx context.Context, org domain.OrgID) (string, error) {
	return s.c.account.ZoneOf(ctx, org)
}

// RevokeAgents ends every agent of a site in the transaction that deletes it; their links are cut when it is committed.
func (s sites) RevokeAgents(ctx context.Context, site domain.SiteID) error {
	agents, err := s.c.store.Agents(ctx, site)
	if err != nil {
		return err
	}
	for _, agent := range agents {
		if err := s.c.store.RevokeAgent(ctx, site, agent.ID, time.Now().UTC()); err != nil {
			return err
		}
		if err := s.c.presence.Revoke(ctx, agent.ID); err != nil {
			return err
		}
		s.c.store.AfterCommit(ctx, func() { s.c.hub.Kick(agent.ID) })
	}
	return nil
}

// Bounds of a file of application scenarios.
const (
	maxScenarioFile = 1 << 16 // bytes
	maxScenarios    = 100
)

// ReadScenarios reads the application scenarios of commercial sites (SITE-31) from a JSON file: a list for each variant.
func ReadScenarios(file string) (map[domain.SiteVariant][]string, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	var out map[domain.SiteVariant][]string
	if len(text) > maxScenarioFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, maxScenarioFile)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var f fault.Fields
	for variant, options := range out {
		f.Check(variant == domain.SingleCompany || variant == domain.MultiCompany, string(variant), "single_company or multi_company.")
		f.Check(len(options) <= maxScenarios, string(variant), "At most %d.", maxScenarios)
		for _, option := range options {
			domain.CheckName(&f, string(variant), option, domain.MaxScenario)
		}
	}
	if err := f.Err(); err != nil {
		return nil, fmt.Errorf("%s: %s: %s", file, fault.FieldsOf(err)[0].Path, fault.FieldsOf(err)[0].Msg)
	}
	return out, nil
}
