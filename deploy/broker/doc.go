// Package broker is a client of an MQTT broker that tests lead by hand: with any certificate, under any name, cut off at will.
package broker
