package wire

import (
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/zstd"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Configuration is encrypted as a whole for the receiving agent: HPKE base mode (RFC 9180), DHKEM(X25519), HKDF-SHA256,
// AES-256-GCM, with (agent, from, version) as info. The document's hash is over plaintext.

func suite() (hpke.KEM, hpke.KDF, hpke.AEAD) {
	return hpke.DHKEM(ecdh.X25519()), hpke.HKDFSHA256(), hpke.AES256GCM()
}

func sealInfo(agent domain.AgentID, from, version uint64) []byte {
	info := append([]byte("vestibule config 1"), agent[:]...)
	info = binary.BigEndian.AppendUint64(info, from)
	return binary.BigEndian.AppendUint64(info, version)
}

// The first byte inside says how the delta is written.
const (
	formZstd   byte = 1 // compressed
	formPacked byte = 2 // by desired.Pack; else it is CBOR
	formBased  byte = 4 // Packed.Based
)

// compressAbove: smaller payloads gain nothing.
const compressAbove = 1024

// leastFrame is how large a piece is compressed for itself: a table of its own letters gains more than it costs.
const leastFrame = 512

// SealConfig encrypts a delta for agent, whose public key came with its enrolment (32 bytes). packs tells that the agent reads packed deltas, see
// Hello.Packs; after is the document that the delta ends in, nil when that is not at hand.
func SealConfig(public []byte, agent domain.AgentID, delta desired.Delta, packs bool, after *desired.Document) ([]byte, error) {
	kem, kdf, aead := suite()
	key, err := kem.NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("agent's key: %w", err)
	}
	form, pieces, err := write(delta, packs, after)
	if err != nil {
		return nil, err
	}
	plain := slices.Concat(pieces...)
	if len(plain) > compressAbove {
		form |= formZstd
		if plain, err = compress(pieces); err != nil {
			return nil, err
		}
	}
	return hpke.Seal(key, kdf, aead, sealInfo(agent, delta.From, delta.To), append([]byte{form}, plain...))
}

// write gives the pieces of a delta: packed when that is read and can be, else CBOR in one.
func write(delta desired.Delta, packs bool, after *desired.Document) (form byte, pieces [][]byte, err error) {
	if packs {
		if packed, ok := desired.Pack(delta, after); ok {
			form = formPacked
			if packed.Based {
				form |= formBased
			}
			return form, packed.Pieces, nil
		}
	}
	plain, err := Marshal(delta)
	return 0, [][]byte{plain}, err
}

// compress writes pieces as zstd frames; small ones share the frame of the next.
func compress(pieces [][]byte) (out []byte, err error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false)) // the encryption vouches for the bytes
	if err != nil {
		return nil, err
	}
	var frame []byte
	for i, piece := range pieces {
		if frame = append(frame, piece...); len(frame) >= leastFrame || i == len(pieces)-1 {
			out, frame = w.EncodeAll(frame, out), frame[:0]
		}
	}
	return out, w.Close()
}

// OpenConfig decrypts what SealConfig made. before is the document that the agent holds. Altered bytes, another agent's, or another version's are Invalid.
func OpenConfig(private hpke.PrivateKey, agent domain.AgentID, from, version uint64, sealed []byte, before *desired.Document) (desired.Delta, error) {
	var delta desired.Delta
	_, kdf, aead := suite()
	plain, err := hpke.Open(private, kdf, aead, sealInfo(agent, from, version), sealed)
	if err != nil || len(plain) == 0 {
		return delta, fault.Wrap(orShort(err), fault.Invalid, "The configuration cannot be decrypted.")
	}
	form, plain := plain[0], plain[1:]
	if form > formZstd|formPacked|formBased {
		return delta, fault.New(fault.Invalid, "The configuration is written in a form that is not known here.")
	}
	if form&formZstd != 0 {
		r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxSnapshot))
		if err != nil {
			return delta, err
		}
		defer r.Close()
		if plain, err = r.DecodeAll(plain, nil); err != nil {
			return delta, fault.Wrap(err, fault.Invalid, "The configuration cannot be unpacked.")
		}
	}
	if form&formPacked != 0 {
		return desired.Unpack(plain, form&formBased != 0, before, from, version)
	}
	if err := documentDecoder.Unmarshal(plain, &delta); err != nil {
		return delta, fault.Wrap(err, fault.Invalid, "The configuration cannot be read.")
	}
	if delta.From != from || delta.To != version {
		return delta, fault.New(fault.Invalid, "The configuration is of another version.")
	}
	return delta, nil
}

// documentDecoder is as strict as decoder but lets a whole site through: 20,000 apartments are one delta.
var documentDecoder = must(cbor.DecOptions{
	DupMapKey:        cbor.DupMapKeyEnforcedAPF,
	IndefLength:      cbor.IndefLengthForbidden,
	TagsMd:           cbor.TagsForbidden,
	MaxNestedLevels:  8,
	MaxArrayElements: 1 << 20,
	MaxMapPairs:      8192,
}.DecMode())

// NewConfigKey makes the agent's key for SealConfig; Bytes is stored (0600), PublicKey().Bytes() goes to the cloud.
func NewConfigKey() (hpke.PrivateKey, error) {
	kem, _, _ := suite()
	return kem.GenerateKey()
}

// ParseConfigKey reads a stored key.
func ParseConfigKey(raw []byte) (hpke.PrivateKey, error) {
	kem, _, _ := suite()
	return kem.NewPrivateKey(raw)
}

func orShort(err error) error {
	if err == nil {
		return fmt.Errorf("empty")
	}
	return err
}
