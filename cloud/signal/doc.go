// Package signal carries what two agents of one site tell each other about a leg between them, and gives them logins at the TURN server. The
// router hands it the messages of agents; the wiring gives it that server, if there is one.
//
// It must never carry a word from one site to another, never say of anybody but the connection's owner that a signal came from him, and
// never keep one: what cannot be delivered now is refused. What is said is proved by the agents among themselves (agent/peer).
package signal
