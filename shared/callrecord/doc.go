// Package callrecord tells from the record of a ring why it went as it did: one cause of the closed list of package domain, and the leg that it is
// about (BEY-05). It is pure and the same on both sides: the agent writes the cause into the record, the cloud finds it for records of older agents.
package callrecord
