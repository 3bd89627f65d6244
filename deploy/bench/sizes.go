package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

const (
	sizeDocument      = "document of 300 apartments, as sent"
	sizePlain         = "document of 300 apartments, packed"
	sizeJSON          = "the same in JSON"
	sizeGzip          = "the same in JSON, gzipped"
	sizeShare         = "document as sent, share of gzipped JSON"
	sizePlainShare    = "document packed, share of JSON"
	sizeDelta         = "change of one person, as sent"
	sizeDeltaPlain    = "change of one person, packed"
	sizeDeltaJSON     = "change of one person, JSON"
	sizeDeltaShare    = "change as sent, share of JSON"
	sizeDeltaDocument = "documents as sent per change as sent"
)

var wantedSizes = []string{
	sizeDocument, sizePlain, sizeJSON, sizeGzip, sizeShare, sizePlainShare, sizeDelta, sizeDeltaPlain, sizeDeltaJSON, sizeDeltaShare, sizeDeltaDocument,
}

// sizes of one delta in its forms.
type sizes struct{ sealed, plain, json, zipped float64 }

// measureSizes weighs configuration as it travels to an agent, against JSON of the same.
func measureSizes() ([]figure, error) {
	estate := newEstate()
	before, err := estate.document()
	if err != nil {
		return nil, err
	}
	whole, err := weigh(desired.Delta{To: 1, ToHash: before.Hash(), Ops: desired.Snapshot(before)}, nil, before, estate)
	if err != nil {
		return nil, err
	}
	moved := estate.people[450]
	moved.LastName = "Nakamura"
	estate.people[450] = moved
	after, err := estate.document()
	if err != nil {
		return nil, err
	}
	ops := desired.Diff(before, after)
	if len(ops) != 1 {
		return nil, fmt.Errorf("the change of one person is %d changes", len(ops))
	}
	delta := desired.Delta{From: 1, FromHash: before.Hash(), To: 2, ToHash: after.Hash(), Ops: ops}
	one, err := weigh(delta, before, after, map[string]any{
		"from": 1, "from_hash": delta.FromHash.String(), "to": 2, "to_hash": delta.ToHash.String(), "people": []jsonPerson{personJSON(moved)},
	})
	if err != nil {
		return nil, err
	}
	of := "300 apartments, 600 devices with credentials, 900 people, 3 buildings"
	return []figure{
		{sizeDocument, whole.sealed, "bytes", of + "; packed, zstd, HPKE"},
		{sizePlain, whole.plain, "bytes", "before zstd and HPKE"},
		{sizeJSON, whole.json, "bytes", "encoding/json of the same nouns, field names of the API"},
		{sizeGzip, whole.zipped, "bytes", "gzip -6, not encrypted"},
		{sizeShare, whole.sealed / whole.zipped, "x", "encrypted against not encrypted"},
		{sizePlainShare, whole.plain / whole.json, "x", "neither compressed"},
		{sizeDelta, one.sealed, "bytes", "one person renamed; not compressed, HPKE (49 bytes of it)"},
		{sizeDeltaPlain, one.plain, "bytes", "32 bytes of it are the hash after; the one before is not needed"},
		{sizeDeltaJSON, one.json, "bytes", "the person with the same versions and hashes"},
		{sizeDeltaShare, one.sealed / one.json, "x", "encrypted against not encrypted"},
		{sizeDeltaDocument, whole.sealed / one.sealed, "x", "how many changes weigh as much as the document"},
	}, nil
}

// weigh gives the sizes of a delta and of its JSON, and makes sure that the agent could read it.
func weigh(delta desired.Delta, before, after *desired.Document, nouns any) (sizes, error) {
	key, err := wire.NewConfigKey()
	if err != nil {
		return sizes{}, err
	}
	agent := domain.NewID[domain.AgentID](time.Now())
	sealed, err := wire.SealConfig(key.PublicKey().Bytes(), agent, delta, true, after)
	if err != nil {
		return sizes{}, err
	}
	got, err := wire.OpenConfig(key, agent, delta.From, delta.To, sealed, before)
	if err != nil {
		return sizes{}, err
	}
	if !reflect.DeepEqual(got, delta) {
		return sizes{}, errors.New("the agent would read another delta")
	}
	packed, ok := desired.Pack(delta, after)
	if !ok {
		return sizes{}, errors.New("the delta cannot be packed")
	}
	plain := slices.Concat(packed.Pieces...)
	text, err := json.Marshal(nouns)
	if err != nil {
		return sizes{}, err
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(text); err != nil {
		return sizes{}, err
	}
	if err := w.Close(); err != nil {
		return sizes{}, err
	}
	return sizes{sealed: float64(len(sealed)), plain: float64(len(plain)), json: float64(len(text)), zipped: float64(zipped.Len())}, nil
}
