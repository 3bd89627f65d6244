package domain

import (
	"slices"
	"strconv"

	"vestibule/shared/fault"
)

// CallType is the code of table B: which endpoints of a home ring, and in which order (CALL-02, CALL-03).
type CallType uint8

// Call types. A stage rings all its endpoints together; the next stage follows when nobody answered.
const (
	AppAndMonitors           CallType = 0
	PhoneAndMonitors         CallType = 1
	AppAndMonitorsThenPhone  CallType = 2
	MonitorsThenApp          CallType = 3
	MonitorsThenPhone        CallType = 4
	MonitorsThenAppThenPhone CallType = 5
	MonitorsAndGuardPhones   CallType = 6 // of people whose intercom feature is off (CALL-05); no code of the guides
	maxCallType                       = MonitorsAndGuardPhones
	maxCallSets                       = 3
	maxLandlines                      = 3
)

// CallTarget is what a set of a sequence call rings (CALL-07).
type CallTarget string

// Call targets.
const (
	TargetAccounts  CallTarget = "accounts" // the master's and all family members' apps
	TargetMonitors  CallTarget = "monitors" // all indoor monitors of the home
	TargetLandlines CallTarget = "landlines"
)

// CallSets are the one to three sets of a sequence call, in their order; no target stands twice.
type CallSets [][]CallTarget

// validate: set 1 is mandatory, no set is empty, nothing is chosen twice.
func (s CallSets) validate(f *fault.Fields, at string) {
	f.Check(len(s) >= 1, at, "Choose what rings first.")
	f.Check(len(s) <= maxCallSets, at, "At most %d sets.", maxCallSets)
	seen := map[CallTarget]bool{}
	for i, set := range s {
		path := at + "[" + strconv.Itoa(i) + "]"
		f.Check(len(set) > 0, path, "Choose at least one target.")
		for _, target := range set {
			f.Check(slices.Contains([]CallTarget{TargetAccounts, TargetMonitors, TargetLandlines}, target), path, "accounts, monitors or landlines.")
			f.Check(!seen[target], path, "Each target once.")
			seen[target] = true
		}
	}
}
