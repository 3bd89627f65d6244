package capability

import "slices"

// Feature is what depends on the firmware.
type Feature string

// The gated features.
const (
	AccessMethods   Feature = "access_methods"    // ways to unlock, chosen per relay (DEV-19)
	Directory       Feature = "directory"         // who stands on the contact screen (DEV-24)
	HashInApartment Feature = "hash_in_apartment" // # in an apartment's number (SITE-26)
	SequenceCall    Feature = "sequence_call"     // sets that ring one after the other (CALL-07)
	Floors          Feature = "floors"            // all floors from -10 to 128 and G0 to G2 (SITE-27)
)

// Features lists the gated features in the order of the guides' table.
func Features() []Feature {
	return []Feature{AccessMethods, Directory, HashInApartment, SequenceCall, Floors}
}

// Row is one model of the guides' table: the first firmware that does each feature. A feature that is not in it is not listed for the model.
type Row struct {
	Model string   // as people call it
	Names []string // short names by which a device or a person may call the model
	First uint32   // first number of its firmware
	Needs map[Feature]Version
}

// matrix is the guides' table of minimum firmware, its garbled copies mended (A28): the first number decides which row a device belongs to.
var matrix = []Row{
	{"S539", []string{"S539"}, 539, minimums("539.30.10.118", "539.30.10.231", "", "539.30.10.231")},
	{"S532", []string{"S532"}, 532, minimums("532.30.10.117", "532.30.10.228", "532.30.10.117", "532.30.10.216")},
	{"X916", []string{"X916", "X916S"}, 916, minimums("916.30.10.216", "916.30.10.212", "", "916.30.10.212")},
	{"X915 V1", []string{"X915 V1"}, 915, minimums("915.30.10.128", "", "", "")},
	{"X915 V2", []string{"X915 V2"}, 2915, minimums("2915.30.10.106", "2915.30.10.205", "", "2915.30.10.205")},
	{"X912", []string{"X912"}, 912, minimums("912.30.10.225", "912.30.11.49", "912.30.11.49", "912.30.11.49")},
	{"E16 V2", []string{"E16 V2"}, 216, minimums("216.30.10.69", "216.30.10.109", "", "")},
	{"E18", []string{"E18", "E18C"}, 18, minimums("18.30.10.205", "18.30.10.236", "18.30.10.236", "18.30.10.236")},
	{"R20", []string{"R20", "R20K", "R20 V5.0"}, 320, minimums("320.30.10.125", "", "320.30.10.230", "320.30.10.230")},
	{"R25A", []string{"R25A"}, 25, minimums("25.30.10.22", "", "", "")},
	{"R27", []string{"R27"}, 227, minimums("227.30.10.201", "", "227.30.10.101", "")},
	{"R28", []string{"R28"}, 28, minimums("28.30.10.102", "", "28.30.10.7", "")},
	{"R28 V2", []string{"R28 V2"}, 228, minimums("228.30.10.112", "228.30.10.139", "228.30.10.135", "228.30.10.135")},
	{"R29", []string{"R29", "R29C"}, 29, minimums("29.30.10.112", "29.30.10.205", "", "29.30.10.205")},
	{"A094", []string{"A094"}, 92, minimums("92.30.10.112", "", "", "")},
	{LiftController, []string{LiftController}, 33, map[Feature]Version{Floors: {33, 30, 1, 11}}},
}

// LiftController is the model that brings people to floors (SITE-27).
const LiftController = "EC33"

// minimums makes the cells of a door phone's row; an empty cell is not listed.
func minimums(methods, directory, hash, sequence string) map[Feature]Version {
	out := map[Feature]Version{}
	for i, text := range []string{methods, directory, hash, sequence} {
		if v, ok := ParseVersion(text); ok {
			out[Features()[i]] = v
		}
	}
	return out
}

// Rows lists the table, in the order it is printed.
func Rows() []Row { return slices.Clone(matrix) }

// rowOf gives the row of a device: by the first number of its firmware, and only while that is unknown by the name of its model.
func rowOf(model string, firmware Version, known bool) (Row, bool) {
	for _, r := range matrix {
		if known && r.First == firmware[0] || !known && slices.Contains(r.Names, model) {
			return r, true
		}
	}
	return Row{}, false
}
