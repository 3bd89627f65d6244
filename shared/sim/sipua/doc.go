// Package sipua is a small SIP user agent (RFC 3261 over UDP) for the simulated door phones and monitors: it registers,
// places and takes calls, and speaks INFO, OPTIONS, CANCEL and BYE inside correct transactions and dialogs. It is
// written by hand and shares no code with the agent, so that it can disagree with it. Sound is not its job: it carries
// session descriptions as bytes. Every parser in it eats network bytes and is bounded and fuzzed.
package sipua
