// Package groups shows network groups that prove themselves (BEY-09): random buildings of network namespaces, the agent's real discovery in each,
// and the cloud's proposal against what was really cabled.
package groups
