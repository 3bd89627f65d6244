package wire

import "time"

// A tunnel to a device's pages: the agent asks for TunnelPath and the id of its command at the agents' listener, with its certificate, and the
// connection changes to TunnelProtocol: streams that the cloud opens, each to the device.
const (
	TunnelPath     = "/tunnel/"
	TunnelProtocol = "vestibule-tunnel"
	TunnelLives    = 15 * time.Minute
)
