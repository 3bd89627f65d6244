package nats

import (
	"context"
	"crypto/x509"
	"encoding/pem"

	"github.com/nats-io/jwt/v2"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// question is where a node asks who may come in; atOnce is how many questions are answered side by side.
const (
	question = "$SYS.REQ.USER.AUTH"
	atOnce   = 32
)

// pair is the key of a seed, as the nodes know keys.
func pair(seed []byte) (nkeys.KeyPair, error) {
	key, err := nkeys.FromRawSeed(nkeys.PrefixByteAccount, seed)
	if err != nil {
		return nil, err
	}
	return key, nil
}

// IssuerFile is the part of the nodes' configuration that names the key with this seed.
func IssuerFile(seed []byte) ([]byte, error) {
	key, err := pair(seed)
	if err != nil {
		return nil, err
	}
	name, err := key.PublicKey()
	return []byte("issuer: " + name + "\n"), err
}

// asked answers one question of a node, beside others.
func (h *Hub) asked(ctx context.Context, m *natsgo.Msg) {
	select {
	case h.asks <- struct{}{}:
	case <-ctx.Done():
		return
	}
	go func() {
		defer func() { <-h.asks }()
		h.answer(ctx, m)
	}()
}

// answer gives rights, or a refusal without a reason: a reason would be in the node's log and is nobody's business.
func (h *Hub) answer(ctx context.Context, m *natsgo.Msg) {
	asked, err := jwt.DecodeAuthorizationRequestClaims(string(m.Data))
	if err != nil {
		h.logger.WarnContext(ctx, "not a question of a node", logkey.Bytes, len(m.Data), logkey.Err, err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	reply := jwt.NewAuthorizationResponseClaims(asked.UserNkey)
	reply.Audience = asked.Server.ID
	agent, leaf, err := h.who(ctx, asked)
	if err == nil {
		reply.Jwt, err = h.rights(agent, leaf, asked.UserNkey)
	}
	if err != nil {
		h.counters.refused.Add(1)
		h.logger.WarnContext(ctx, "connect refused", logkey.Agent, agent, logkey.Err, err)
		reply.Error = "refused"
	} else {
		h.counters.admits.Add(1)
	}
	text, err := reply.Encode(h.issuer)
	if err == nil {
		err = m.Respond([]byte(text))
	}
	if err != nil {
		h.logger.WarnContext(ctx, "a node has no answer", logkey.Agent, agent, logkey.Err, err)
	}
}

var errStranger = fault.New(fault.Unauthenticated, "Only an agent by MQTT under its own name may come in.")

// who tells which agent asks: the one of its certificate, whose name the client must bear, so that no agent takes another one's connection.
func (h *Hub) who(ctx context.Context, asked *jwt.AuthorizationRequestClaims) (domain.AgentID, *x509.Certificate, error) {
	var none domain.AgentID
	if asked.ClientInformation.Type != "mqtt" || asked.TLS == nil || len(asked.TLS.VerifiedChains) == 0 {
		return none, nil, errStranger
	}
	chain, err := certificates(asked.TLS.VerifiedChains[0])
	if err != nil {
		return none, nil, err
	}
	agent, err := h.cfg.Admit(ctx, chain)
	if err != nil {
		return none, nil, err
	}
	if asked.ClientInformation.MQTT != agent.String() {
		return none, nil, errStranger
	}
	return agent, chain[0], nil
}

func certificates(texts []string) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for _, text := range texts {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, errStranger
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, errStranger
	}
	return chain, nil
}

// rights let an agent say and hear its own topics by MQTT, until its certificate ends.
func (h *Hub) rights(agent domain.AgentID, leaf *x509.Certificate, user string) (string, error) {
	u := jwt.NewUserClaims(user)
	u.Name, u.Audience, u.Expires = agent.String(), Account, leaf.NotAfter.Unix()
	u.AllowedConnectionTypes.Add(jwt.ConnectionTypeMqtt)
	u.Pub.Allow.Add(subject("v1/" + agent.String() + "/up/*"))
	u.Sub.Allow.Add(subject("v1/" + agent.String() + "/down/*"))
	return u.Encode(h.issuer)
}
