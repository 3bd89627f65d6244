package domain

import (
	"net/url"
	"strings"

	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Camera is a third-party camera (TPD-01, TPD-02). Without a building it stands in the site's public area, without an apartment in the building's.
type Camera struct {
	ID           CameraID       `cbor:"1,keyasint"`
	SiteID       SiteID         `cbor:"-"`
	BuildingID   BuildingID     `cbor:"2,keyasint"`
	ApartmentID  ApartmentID    `cbor:"3,keyasint"`
	Name         string         `cbor:"4,keyasint"` // of a single-family site: its location
	RTSP         string         `cbor:"5,keyasint"` // rtsp://host:port/path, without user and password (TPD-03)
	User         string         `cbor:"6,keyasint"`
	Password     secret.String  `cbor:"7,keyasint"` // sealed at rest, never returned (TPD-04)
	NoMonitoring bool           `cbor:"8,keyasint,omitempty"`
	Terminal     CameraTerminal `cbor:"9,keyasint"`
	DeviceID     DeviceID       `cbor:"10,keyasint"` // the intercom it is linked to (TPD-06); zero: none

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// CameraTerminal says where a camera may be watched (TPD-05).
type CameraTerminal string

// Camera terminals; the first is the default.
const (
	WatchEverywhere CameraTerminal = "all"      // app, monitors and guard phones
	WatchOnApp      CameraTerminal = "app"      // app alone
	WatchOnMonitors CameraTerminal = "monitors" // monitors and guard phones alone
)

// MaxRTSP bounds the address of a camera, in characters.
const MaxRTSP = 512

// Validate checks the form of a camera.
func (c Camera) Validate() error {
	var f fault.Fields
	checkName(&f, "name", c.Name, MaxDeviceName)
	f.Check(c.ApartmentID.IsZero() || !c.BuildingID.IsZero(), "building_id", "A camera of an apartment needs its building.")
	u, err := url.Parse(c.RTSP)
	ok := err == nil && u.Scheme == "rtsp" && u.Hostname() != "" && len(c.RTSP) <= MaxRTSP && printable(c.RTSP)
	f.Check(ok, "rtsp", "An address such as rtsp://192.168.1.30:554/stream.")
	f.Check(!ok || u.User == nil, "rtsp", "User name and password have fields of their own.")
	checkName(&f, "user", c.User, MaxDeviceName)
	password := c.Password.Reveal()
	f.Check(password != "", "password", "The password of the camera.")
	f.Check(!strings.ContainsAny(password, "@:/"), "password", "The password of a camera must not contain @, : or /.")
	f.Check(len(password) <= MaxDeviceName && printable(password), "password", "At most %d printable characters.", MaxDeviceName)
	oneOf(&f, "terminal", c.Terminal, "all, app or monitors.", WatchEverywhere, WatchOnApp, WatchOnMonitors)
	return f.Err()
}
