package wire

import (
	"strings"

	"vestibule/shared/domain"
)

// Topic rule: an agent publishes below v1/{agent}/up/ and subscribes to exactly v1/{agent}/down/{conn}.

// UpTopic is where agent publishes messages of kind.
func UpTopic(agent domain.AgentID, kind Kind) string {
	return "v1/" + agent.String() + "/up/" + kind.String()
}

// DownTopic is where the cloud publishes for one connection of agent.
func DownTopic(agent domain.AgentID, conn domain.ConnID) string {
	return "v1/" + agent.String() + "/down/" + conn.String()
}

// ParseUp reads the agent out of an up topic; ok is false for any other topic.
func ParseUp(topic string) (agent domain.AgentID, ok bool) {
	parts := strings.Split(topic, "/")
	if len(parts) != 4 || parts[0] != "v1" || parts[2] != "up" || parts[3] == "" {
		return agent, false
	}
	agent, err := domain.ParseID[domain.AgentID](parts[1])
	return agent, err == nil && !agent.IsZero() && agent.String() == parts[1]
}

// MayPublish tells whether agent may publish to topic.
func MayPublish(agent domain.AgentID, topic string) bool {
	owner, ok := ParseUp(topic)
	return ok && owner == agent
}

// MaySubscribe tells whether agent may subscribe to filter: one own connection, no wildcard.
func MaySubscribe(agent domain.AgentID, filter string) bool {
	rest, ok := strings.CutPrefix(filter, "v1/"+agent.String()+"/down/")
	if !ok {
		return false
	}
	conn, err := domain.ParseID[domain.ConnID](rest)
	return err == nil && !conn.IsZero() && conn.String() == rest
}
