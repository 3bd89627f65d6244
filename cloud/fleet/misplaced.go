package fleet

import (
	"context"
	"fmt"
	"strings"

	"vestibule/cloud/reach"
	"vestibule/shared/capability"
	"vestibule/shared/domain"
)

// InNetwork is the feature of warnings about network groups: a device that works in the group it is put into.
const InNetwork capability.Feature = "network_group"

// misplaced warns of a device that was measured in the network of another group than it is described in.
func (s *Service) misplaced(ctx context.Context, site domain.SiteID, about About) ([]Warning, error) {
	if about.Device.IsZero() {
		return nil, nil
	}
	now, err := s.Measured(ctx, site)
	if err != nil {
		return nil, err
	}
	d, ok := now.Impossible(about.Device)
	if !ok {
		return nil, nil
	}
	name := ""
	for _, o := range d.Devices {
		if o.ID == about.Device {
			name = o.Name
		}
	}
	belongs := "a network group of its own"
	if !d.To.IsZero() {
		belongs = d.ToName
	}
	message := fmt.Sprintf("%s is heard by %s, not in the network of %s. It belongs to %s.", name, where(now, d.Heard), d.Name, belongs)
	return []Warning{{Path: "group_id", Message: message, Feature: InNetwork, Devices: []string{name}}}, nil
}

// GroupWarnings warns of a group whose agents do not reach the network that its devices are heard in.
func (s *Service) GroupWarnings(ctx context.Context, site domain.SiteID, group domain.GroupID) ([]Warning, error) {
	now, err := s.Measured(ctx, site)
	if err != nil {
		return nil, err
	}
	d, ok := now.Agentless(group)
	if !ok {
		return nil, nil
	}
	message := fmt.Sprintf("The agent that acts for %s is not in its network: the devices are heard by %s.", d.Name, where(now, d.Heard))
	return []Warning{{Path: "agents", Message: message, Feature: InNetwork, Devices: []string{}}}, nil
}

// where says who hears something on which network.
func where(now Measured, heard []reach.Heard) string {
	names := map[domain.AgentID]string{}
	for _, r := range now.Told {
		names[r.Agent] = r.Name
	}
	words := make([]string, 0, len(heard))
	for _, h := range heard {
		words = append(words, names[h.Agent]+" on "+h.Prefix.String())
	}
	if len(words) > mostWitnesses {
		words = append(words[:mostWitnesses], fmt.Sprintf("%d more", len(words)-mostWitnesses))
	}
	return strings.Join(words, ", ")
}

// mostWitnesses bounds the witnesses that a warning names.
const mostWitnesses = 3
