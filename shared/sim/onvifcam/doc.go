// Package onvifcam is a simulated ONVIF camera: the device and media services with WS-UsernameToken, a picture behind HTTP digest, and the answers
// of WS-Discovery. Clients that others wrote are pointed at it in tests, so that it and the agent's driver cannot agree on a mistake of ours. It must
// never be served beyond a test network.
package onvifcam
