// Package lanapi is the agent's own page on the LAN: the claim form before the claim, and behind the local PIN after it what the agent knows: link,
// devices, calls, conditions, and a test of each relay. The agent runs it over TLS with a certificate of its own, whose fingerprint stands on the
// terminal and in the portal.
//
// Everything but PublicRoutes answers 401 without a session (TestRoutes_AllButTheListedAnswer401). It must never show a secret, load anything from
// elsewhere, or open a relay by any other way than door.Open.
package lanapi
