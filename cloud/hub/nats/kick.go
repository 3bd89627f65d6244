package nats

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Every node hears who is asked for, and answers with its own clients; kickSubject names one node.
const (
	clientsSubject = "$SYS.REQ.SERVER.PING.CONNZ"
	kickSubject    = "$SYS.REQ.SERVER.%s.KICK"
)

// silence is how long the next node's answer may take; a node that is slower keeps the agent until its beat is missed.
const silence = 500 * time.Millisecond

// client is one connection at a node.
type client struct {
	Node string
	ID   uint64
}

// Kick ends the agent's connection at whatever node it is: the nodes are asked who has it, and that one is told to close it.
func (h *Hub) Kick(agent domain.AgentID) {
	keeper := h.keeper.Load()
	if keeper == nil {
		h.logger.Warn("an agent is not kicked", logkey.Agent, agent, logkey.Reason, "no broker")
		return
	}
	found, err := clients(keeper, agent)
	for _, c := range found {
		if err == nil {
			err = kick(keeper, c)
		}
	}
	if err != nil {
		h.logger.Warn("an agent is not kicked", logkey.Agent, agent, logkey.Err, err)
	}
}

// clients asks all nodes for the connections of an agent, until no node says anything more.
func clients(keeper *natsgo.Conn, agent domain.AgentID) ([]client, error) {
	inbox := keeper.NewRespInbox()
	answers, err := keeper.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answers.Unsubscribe() }()
	body, err := json.Marshal(map[string]any{"mqtt_client": agent.String()})
	if err != nil {
		return nil, err
	}
	if err := keeper.PublishRequest(clientsSubject, inbox, body); err != nil {
		return nil, err
	}
	var found []client
	for {
		m, err := answers.NextMsg(silence)
		if err != nil {
			return found, nil // nobody says anything more
		}
		var said struct {
			Server struct{ ID string }
			Data   struct {
				Connections []struct {
					CID uint64 `json:"cid"`
				}
			}
		}
		if err := json.Unmarshal(m.Data, &said); err != nil {
			return found, err
		}
		for _, c := range said.Data.Connections {
			found = append(found, client{said.Server.ID, c.CID})
		}
	}
}

// kick tells a node to end a connection.
func kick(keeper *natsgo.Conn, c client) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	body, err := json.Marshal(map[string]uint64{"cid": c.ID})
	if err != nil {
		return err
	}
	_, err = keeper.RequestWithContext(ctx, fmt.Sprintf(kickSubject, c.Node), body)
	return err
}
