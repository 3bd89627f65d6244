// Package embedded is the hub inside the cloud's own process: the mochi broker over TLS with client certificates, as a pipe.
// Nothing is retained or queued: what an agent publishes goes from the broker's hook into a bounded queue of that agent and to
// the handler, in order; what the cloud publishes goes to the one connection it names or nowhere.
//
// An agent is who its certificate says and may touch its own topics alone (wire.MayPublish, wire.MaySubscribe). The package
// never trusts a client id, a topic or a length that a peer sent.
package embedded
