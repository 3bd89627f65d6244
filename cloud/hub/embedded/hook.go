package embedded

import (
	"bytes"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// hook is where the broker asks us.
type hook struct {
	mqtt.HookBase
	*Hub
}

// ID names the hook inside the broker.
func (h *hook) ID() string { return "vestibule" }

// Provides lists what the broker asks.
func (h *hook) Provides(b byte) bool {
	return bytes.Contains([]byte{
		mqtt.OnConnect, mqtt.OnConnectAuthenticate, mqtt.OnPacketRead, mqtt.OnACLCheck, mqtt.OnPublish, mqtt.OnDisconnect, mqtt.OnPublishDropped,
	}, []byte{b})
}

// keepaliveMost bounds how long a dead peer is kept, in seconds; 0 would mean for ever.
const keepaliveMost = 120

// maxSubscriptions is how many topics of its own an agent may listen to at once.
const maxSubscriptions = 4

// agentOf tells whom the gate let in on a client's connection; zero for our own client.
func agentOf(cl *mqtt.Client) domain.AgentID {
	if k, ok := cl.Net.Conn.(*known); ok {
		return k.agent
	}
	return domain.AgentID{}
}

// OnConnect accepts MQTT 3.1.1 with a clean session, the agent's id as client id, and a last will on the agent's own topic or none.
func (h *hook) OnConnect(cl *mqtt.Client, pk packets.Packet) error {
	agent := agentOf(cl)
	refuse := func(code packets.Code) error {
		h.counters.refused.Add(1)
		h.logger.Warn("connect refused", logkey.Agent, agent, logkey.Reason, code.Reason)
		return code
	}
	switch {
	case agent.IsZero() || cl.ID != agent.String():
		return refuse(packets.ErrClientIdentifierNotValid)
	case pk.ProtocolVersion != 4:
		return refuse(packets.ErrUnsupportedProtocolVersion)
	case !pk.Connect.Clean:
		return refuse(packets.ErrSessionTakenOver)
	case pk.Connect.WillFlag && (pk.Connect.WillRetain || !wire.MayPublish(agent, pk.Connect.WillTopic) || len(pk.Connect.WillPayload) > wire.MaxMessage):
		return refuse(packets.ErrNotAuthorized)
	}
	if cl.State.Keepalive == 0 || cl.State.Keepalive > keepaliveMost {
		cl.State.Keepalive = keepaliveMost
	}
	return nil
}

// OnConnectAuthenticate lets in whom the gate let in, when the agent's older connection is cut and forgotten. The broker would write a
// farewell to that one, so that a link that hangs holds up the new one; and it clears an ended connection away by the client's id, so that
// an end that is still under way takes the new connection and what it listens to with it.
func (h *hook) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	k, ok := cl.Net.Conn.(*known)
	if !ok {
		return false
	}
	if pk.Connect.WillFlag {
		k.will = pk.Connect.WillPayload
	}
	older := h.succeed(k)
	if older == nil {
		return true
	}
	_ = older.wire.Close()
	late := time.NewTimer(greetWithin)
	defer late.Stop()
	select {
	case <-older.ended:
		return true
	case <-late.C:
		h.logger.Warn("the older connection does not end, connect refused", logkey.Agent, k.agent)
		return false
	}
}

// OnPacketRead lets an agent speak at its pace: beyond it the socket is not read, so that whoever floods waits and nobody else does.
func (h *hook) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	k, ok := cl.Net.Conn.(*known)
	if !ok {
		return pk, nil
	}
	if wait := k.pace.next(time.Now()); wait > 0 {
		k.flush()
		<-time.After(wait)
	}
	if pk.FixedHeader.Type == packets.Disconnect {
		k.flush() // nothing is read any more
	}
	return pk, nil
}

// OnACLCheck holds the topic rule, for publishing, subscribing and delivery.
func (h *hook) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	agent := agentOf(cl)
	allowed := !agent.IsZero()
	if write {
		allowed = allowed && wire.MayPublish(agent, topic)
	} else {
		allowed = allowed && wire.MaySubscribe(agent, topic)
		if _, has := cl.State.Subscriptions.Get(topic); !has && cl.State.Subscriptions.Len() >= maxSubscriptions {
			allowed = false
		}
	}
	if !allowed {
		h.counters.refused.Add(1)
		h.logger.Warn("topic refused", logkey.Agent, agent)
		if write {
			cl.Stop(packets.ErrNotAuthorized) // no agent ever does that
		}
	}
	return allowed
}

// OnPublish takes what an agent published into its queue. Nothing goes on inside the broker: no agent may listen to what agents say.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	agent := agentOf(cl)
	if agent.IsZero() {
		return pk, nil // our own client, see Publish
	}
	if len(pk.Payload) > wire.MaxMessage {
		h.counters.oversize.Add(1)
		h.logger.Warn("message too large, connection closed", logkey.Agent, agent, logkey.Bytes, len(pk.Payload))
		cl.Stop(packets.ErrPacketTooLarge)
		return pk, packets.ErrRejectPacket
	}
	if !h.take(cl, agent, pk.Payload) {
		h.counters.dropped.Add(1)
		return pk, packets.ErrRejectPacket
	}
	pk.FixedHeader.Retain = false
	return pk, packets.CodeSuccessIgnore
}

// take puts a message into the queue; who has to wait for room knows of all that was taken before it.
func (h *hook) take(cl *mqtt.Client, agent domain.AgentID, data []byte) bool {
	if h.queue.Put(agent, data) {
		return true
	}
	if k, ok := cl.Net.Conn.(*known); ok {
		k.flush() // it may wait for long
	}
	return h.queue.PutWithin(h.cfg.RoomWithin, agent, data)
}

// OnDisconnect hands over what the connection left to say at its end, an orderly end too: it is gone either way.
func (h *hook) OnDisconnect(cl *mqtt.Client, _ error, _ bool) {
	if k, ok := cl.Net.Conn.(*known); ok && len(k.will) > 0 && !h.queue.Put(k.agent, k.will) {
		h.counters.dropped.Add(1)
	}
}

// OnPublishDropped counts what an agent was too slow to read.
func (h *hook) OnPublishDropped(*mqtt.Client, packets.Packet) { h.counters.dropped.Add(1) }
