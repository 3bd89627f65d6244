package domain

import (
	"slices"
	"strconv"
	"time"

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

// LongestRing is how long one call may ring before somebody answers, through all its stages and landlines: door phones wait 120 s at the longest.
const LongestRing = 2 * time.Minute

// CallTarget is what a set of a sequence call rings (CALL-07).
type CallTarget string

// Call targets.
const (
	TargetAccounts  CallTarget = "accounts" // the master's and all family members' apps
	TargetMonitors  CallTarget = "monitors" // all indoor monitors of the home
	TargetLandlines CallTarget = "landlines"
	TargetGuards    CallTarget = "guards" // guard phones; of people of an office alone (CALL-04), no choice of a set
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

// Stages gives what rings in which order in a home: all targets of a stage together, the next stage when nobody answered (CALL-03).
func (t CallType) Stages() CallSets {
	apps, monitors, phones := TargetAccounts, TargetMonitors, TargetLandlines
	switch t {
	case PhoneAndMonitors:
		return CallSets{{phones, monitors}}
	case AppAndMonitorsThenPhone:
		return CallSets{{apps, monitors}, {phones}}
	case MonitorsThenApp:
		return CallSets{{monitors}, {apps}}
	case MonitorsThenPhone:
		return CallSets{{monitors}, {phones}}
	case MonitorsThenAppThenPhone:
		return CallSets{{monitors}, {apps}, {phones}}
	case MonitorsAndGuardPhones:
		return CallSets{{monitors, TargetGuards}}
	case AppAndMonitors:
	}
	return CallSets{{apps, monitors}}
}

// OfficeStages is Stages in an office: guard phones ring wherever monitors do, and code 3 begins with everything but the phone (CALL-04).
func (t CallType) OfficeStages() CallSets {
	if t == MonitorsThenApp {
		return CallSets{{TargetAccounts, TargetMonitors, TargetGuards}, {TargetLandlines}}
	}
	stages := t.Stages()
	for i, stage := range stages {
		if slices.Contains(stage, TargetMonitors) && !slices.Contains(stage, TargetGuards) {
			stages[i] = append(stage, TargetGuards)
		}
	}
	return stages
}

// Stages gives what rings in the home and in which order: the sets of a sequence call (CALL-07), else the call type's (CALL-06).
func (a Apartment) Stages() CallSets {
	if a.Contact == SequenceCall {
		return a.Sets
	}
	return a.CallType.Stages()
}
