// Package crowd bounds what the agent's open ports on the LAN take of one source and of all together, so that who floods them holds only his own
// places.
package crowd
