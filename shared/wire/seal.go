package wire

import (
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/binary"
	"fmt"

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

const (
	formPlain byte = 0
	formZstd  byte = 1
)

// compressAbove: smaller payloads gain nothing.
const compressAbove = 1024

// SealConfig encrypts a delta for agent, whose public key came with its enrolment (32 bytes).
func SealConfig(public []byte, agent domain.AgentID, delta desired.Delta) ([]byte, error) {
	kem, kdf, aead := suite()
	key, err := kem.NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("agent's key: %w", err)
	}
	plain, err := Marshal(delta)
	if err != nil {
		return nil, err
	}
	form := []byte{formPlain}
	if len(plain) > compressAbove {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		form, plain = []byte{formZstd}, w.EncodeAll(plain, nil)
	}
	return hpke.Seal(key, kdf, aead, sealInfo(agent, delta.From, delta.To), append(form, plain...))
}

// OpenConfig decrypts what SealConfig made. Altered bytes, another agent's, or another version's are Invalid.
func OpenConfig(private hpke.PrivateKey, agent domain.AgentID, from, version uint64, sealed []byte) (desired.Delta, error) {
	var delta desired.Delta
	_, kdf, aead := suite()
	plain, err := hpke.Open(private, kdf, aead, sealInfo(agent, from, version), sealed)
	if err != nil || len(plain) == 0 {
		return delta, fault.Wrap(orShort(err), fault.Invalid, "The configuration cannot be decrypted.")
	}
	form, plain := plain[0], plain[1:]
	if form == formZstd {
		r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxSnapshot))
		if err != nil {
			return delta, err
		}
		defer r.Close()
		if plain, err = r.DecodeAll(plain, nil); err != nil {
			return delta, fault.Wrap(err, fault.Invalid, "The configuration cannot be unpacked.")
		}
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
