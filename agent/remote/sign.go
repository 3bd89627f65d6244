package remote

import (
	"crypto/ed25519"

	"github.com/veraison/go-cose"

	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// verify reads a signed command: COSE_Sign1 (RFC 9052), EdDSA with one of keys, external data wire.CommandContext. The
// payload is looked at only when a signature holds; any other message is Unauthenticated.
func verify(sign1 []byte, keys [][]byte) (wire.Command, error) {
	var c wire.Command
	bad := fault.New(fault.Unauthenticated, "The signature does not hold.")
	var m cose.Sign1Message
	if err := m.UnmarshalCBOR(sign1); err != nil {
		return c, bad
	}
	if alg, err := m.Headers.Protected.Algorithm(); err != nil || alg != cose.AlgorithmEdDSA {
		return c, bad
	}
	for _, key := range keys {
		if len(key) != ed25519.PublicKeySize {
			continue
		}
		v, err := cose.NewVerifier(cose.AlgorithmEdDSA, ed25519.PublicKey(key))
		if err != nil {
			continue
		}
		if err := m.Verify([]byte(wire.CommandContext), v); err != nil {
			continue
		}
		return c, wire.Unmarshal(m.Payload, &c)
	}
	return c, bad
}
