// Package sipstate holds the two records that calls leave on disk: registrations and live legs. The SIP adapter makes and
// reads them, the agent's store keeps them; the package has no code of its own, so that neither needs the other.
package sipstate
