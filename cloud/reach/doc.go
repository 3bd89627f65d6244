// Package reach turns what agents measure, who is heard on which of their networks, into the network groups that a building really has, and into
// the differences to those that were described (BEY-09, DEV-04). It is pure: the same reports in any order give the same proposal, and a site
// that followed its proposal has no differences left (TestPropose_FollowedLeavesNothing).
//
// It never claims anything from silence: a device that nobody hears stays where it is, and an agent that is away or has told nothing keeps its
// place. What a LAN says of itself can be forged, so a proposal is shown to a person and nothing follows by itself.
package reach
