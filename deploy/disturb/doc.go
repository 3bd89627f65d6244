// Package disturb is a bad network between an agent and its broker. It reads MQTT packets, and lets messages go on twice, late, in another order,
// after a standstill without a reset, or not at all because the line is cut; everything else passes as it came. System tests stand it in the way and
// count what comes of it. It alters no byte: whoever altered one would be stopped by TLS.
package disturb
