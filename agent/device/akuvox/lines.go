package akuvox

import (
	"context"
	"slices"

	"vestibule/agent/device"
	"vestibule/shared/domain"
)

var _ device.Liner = (*Phone)(nil)

// add puts the AutoP lines of an installer into the plan: they go before what the agent would set itself, but for the account at the agent, without
// which nothing rings.
func (p *plan) add(lines []domain.AutoPLine) {
	for _, line := range lines {
		own := slices.IndexFunc(p.settings, func(s setting) bool { return slices.Contains(s.keys, line.Key) })
		switch {
		case own < 0:
			p.settings = append(p.settings, setting{keys: []string{line.Key}, value: line.Value, secret: true, optional: true, line: true})
		case !p.settings[own].optional:
			p.refused = append(p.refused, line.Key)
		default:
			p.settings[own] = setting{keys: []string{line.Key}, value: line.Value, secret: true, optional: true, line: true}
		}
	}
}

// unknown names the AutoP settings that a device does not have, or that are the agent's own.
func (p plan) unknown(shown map[string]text) []string {
	out := slices.Clone(p.refused)
	for _, s := range p.settings {
		if _, has := s.find(shown); s.line && !has {
			out = append(out, s.keys[0])
		}
	}
	return out
}

// factory tells whether nobody has set a device up, or it was reset: its account is off and has no user.
func factory(shown map[string]text) bool {
	enabled, has := shown[account+"GENERAL.Enable"]
	user, hasUser := shown[account+"GENERAL.UserName"]
	return has && hasUser && enabled == "0" && user == ""
}

// WriteLines sets what lines say, without a look at what is there.
func (p *Phone) WriteLines(ctx context.Context, lines []domain.AutoPLine) error {
	write := map[string]string{}
	for _, line := range lines {
		write[line.Key] = line.Value
	}
	return p.config(ctx, "write AutoP lines", "set", write, nil)
}

// LinesMissing names the settings of lines that the device does not hold.
func (p *Phone) LinesMissing(ctx context.Context, lines []domain.AutoPLine) ([]string, error) {
	want := plan{}
	for _, line := range lines {
		want.settings = append(want.settings, setting{keys: []string{line.Key}, value: line.Value, secret: true})
	}
	shown, err := p.shown(ctx, want)
	if err != nil {
		return nil, err
	}
	_, names := want.differing(shown)
	return names, nil
}
