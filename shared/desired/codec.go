package desired

import (
	"github.com/fxamacker/cbor/v2"

	"vestibule/shared/fault"
)

// encoder writes core deterministic CBOR (RFC 8949 section 4.2.1): one content has one byte form.
var encoder = must(cbor.CoreDetEncOptions().EncMode())

// decoder refuses duplicate keys, indefinite lengths, tags and depth; unknown keys are ignored so that old readers live on.
var decoder = must(cbor.DecOptions{
	DupMapKey:        cbor.DupMapKeyEnforcedAPF,
	IndefLength:      cbor.IndefLengthForbidden,
	TagsMd:           cbor.TagsForbidden,
	MaxNestedLevels:  8,
	MaxArrayElements: 4096,
	MaxMapPairs:      4096,
}.DecMode())

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Encode writes an entity in canonical form.
func Encode(v any) ([]byte, error) { return encoder.Marshal(v) }

// Decode reads an entity strictly; a malformed one is Invalid.
func Decode[T any](body []byte) (T, error) {
	var v T
	if err := decoder.Unmarshal(body, &v); err != nil {
		return v, fault.Wrap(err, fault.Invalid, "An entity of the document cannot be read.")
	}
	return v, nil
}
