package hub

// Peers is a hub that several replicas of the cloud stand on: what one tells, all of them hear, itself too. It may be lost; then they hear that.
type Peers interface {
	Hub
	// Tell says something to the replicas; it never waits.
	Tell(data []byte)
	// Hear sets who takes what replicas tell, and who is told that some of it may be lost. Neither may block. Call it before Run.
	Hear(told func(data []byte), missed func())
}

// HintTopic is where replicas talk to each other; no agent may say or hear anything there.
const HintTopic = "v1/cloud/hints"
