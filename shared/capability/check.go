package capability

// State says whether a device can do a feature.
type State string

// The states.
const (
	OK        State = "ok"
	TooOld    State = "too_old"    // a newer firmware brings it
	NotListed State = "not_listed" // no firmware of the model is known to bring it
	Unknown   State = "unknown"    // the device has not told its firmware
)

// Verdict is whether a device can do a feature. Needs is the first firmware that can, empty where none is listed; Model is the name of the row,
// empty when the firmware belongs to no row.
type Verdict struct {
	State State
	Needs string
	Model string
}

// Applies tells whether the setting is to be written to the device: what cannot be judged is written, because refusing it would be a guess.
func (v Verdict) Applies() bool { return v.State == OK || v.State == Unknown }

// Check judges a feature by the firmware a device reported (DEV-25). The first number of the firmware decides which model it is, whatever name the
// device or the installer gives; model serves only while the firmware is unknown, to say what will be needed.
func Check(feature Feature, model, firmware string) Verdict {
	version, known := ParseVersion(firmware)
	row, found := rowOf(model, version, known)
	minimum, listed := row.Needs[feature]
	v := Verdict{State: NotListed, Model: row.Model}
	if found && listed {
		v.Needs = minimum.String()
	}
	switch {
	case !known:
		v.State = Unknown
	case listed && version.Meets(minimum):
		v.State = OK
	case listed:
		v.State = TooOld
	}
	return v
}

// IsLiftController tells whether a device is the one that knows floors; only such a device is asked about Floors.
func IsLiftController(model, firmware string) bool {
	version, known := ParseVersion(firmware)
	row, found := rowOf(model, version, known)
	return found && row.Model == LiftController
}

// Reason says in a sentence why the feature is missing, with the firmware that would bring it; empty when nothing is missing.
func (v Verdict) Reason(firmware string) string {
	switch v.State {
	case TooOld:
		return "needs " + v.Needs + ", has " + firmware + " — upgrade"
	case NotListed:
		if v.Model == "" {
			return "no firmware of this model is known to bring it; has " + firmware
		}
		return "no firmware of the " + v.Model + " is known to bring it; has " + firmware
	case Unknown:
		if v.Needs != "" {
			return "needs " + v.Needs + "; will be checked when the device answers"
		}
		return "will be checked when the device answers"
	}
	return ""
}
