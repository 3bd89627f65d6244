package cloud

import "vestibule/cloud/live"

// Live gives the hub of live messages.
func (c *Cloud) Live() *live.Hub { return c.live }
