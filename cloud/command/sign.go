package command

import (
	"crypto/ed25519"
	"fmt"

	"github.com/veraison/go-cose"

	"vestibule/shared/wire"
)

// sign makes the tagged COSE_Sign1 (RFC 9052 section 4.2) that an agent believes.
func sign(key ed25519.PrivateKey, c Command) ([]byte, error) {
	payload, err := wire.Marshal(wire.Command{
		ID: c.ID, Agent: c.Agent, Conn: c.Conn, Kind: c.Kind, DeviceID: c.Device, Relay: c.Relay,
		IssuedMilli: c.IssuedAt.UnixMilli(), BoundMilli: c.Bound.Milliseconds(), TTLMilli: c.TTL.Milliseconds(), Actor: c.Actor, On: c.On,
	})
	if err != nil {
		return nil, err
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		return nil, fmt.Errorf("sign command: %w", err)
	}
	headers := cose.Headers{Protected: cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.AlgorithmEdDSA}}
	signed, err := cose.Sign1(nil, signer, headers, payload, []byte(wire.CommandContext))
	if err != nil {
		return nil, fmt.Errorf("sign command: %w", err)
	}
	return signed, nil
}
