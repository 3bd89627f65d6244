// Package onvif is the driver of cameras and door stations that speak ONVIF: who the device is, its picture, and the address of its stream, by the
// device and media services with WS-UsernameToken and HTTP digest. Package device decides when it is asked; it writes nothing onto a device, and
// never asks any other address than the device's own, whatever addresses the device names.
package onvif
