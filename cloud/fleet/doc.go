// Package fleet edits what an installer describes: sites, buildings, apartments, people, network groups, devices and relay
// boards. Every edit is one transaction of row, desired version and audit entry; agents are told after the commit. The API and
// the enrolment of agents call it. It never talks to an agent and never gives out a secret except by ShowSIP, which is audited.
package fleet
