package wire

import "time"

// Proto is the protocol this build speaks. It grows by one with a line below and in deploy/docs/protocol.md.
//
//	1  2026-11-23  first: hello/welcome, beat, config by delta and pulled chunks, event batches, signed commands
const Proto = 1

// MinProto is the oldest protocol this build still understands.
const MinProto = 1

// Limits of the link.
const (
	MaxMessage    = 64 << 10 // bytes of one MQTT payload; checked before publish
	MaxChunk      = 32 << 10 // bytes of configuration in one chunk
	MaxInline     = 16 << 10 // a sealed delta up to this size travels inside the announcement
	MaxBatchRows  = 200
	MaxBatchBytes = 48 << 10
	MaxSnapshot   = 64 << 20 // bytes of a document before compression; more is refused
)

// Times of the link; the cloud may set others in welcome.
const (
	BeatEvery     = 30 * time.Second
	OfflineAfter  = 75 * time.Second // without a beat
	QuietFor      = 5 * time.Second  // between a will and offline
	DialWithin    = time.Minute      // an agent's patience with a cloud that took its call and lets it wait in a row
	WelcomeWithin = 10 * time.Second
	AckWithin     = 10 * time.Second
	DoorTTL       = 8 * time.Second
	MaxDoorTTL    = 30 * time.Second
	CareTTL       = time.Minute     // to begin with a restart or a reset
	CareWithin    = 2 * time.Minute // for the act itself: real devices need 40 s to come back
	ResendEvery   = 2 * time.Second
	OfferTTL      = 5 * time.Second // between two agents: a later offer rings nowhere
	DigitTTL      = 5 * time.Second // a later key opens nothing
)
