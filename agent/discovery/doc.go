// Package discovery finds intercoms on the LAN by multicast DNS (RFC 6762, RFC 6763) and announces the agent itself. It gives candidates and
// decides nothing: what is found is a claim of a stranger, bounded and cleaned, until somebody has asked the device itself.
//
// Announcing is grandcat/zeroconf's; asking is done here with miekg/dns, because that library keeps 16 of 50 services that one host announces:
// it drops pointers whose other records did not fit into the same packet. Here every pointer is followed by questions of its own
// (TestAvahi_FindsEveryOneOfFifty).
//
// Cameras and door stations that speak ONVIF are asked for by WS-Discovery, and an answer counts only for the address that it comes from.
//
// Most intercoms announce nothing. Those are found by their cards: each address of the LAN is knocked at now and then so that the kernel's
// neighbour table fills, and a card of a known maker is asked who it is by the one question that needs no login. Nothing else is ever sent:
// questions, knocks and the agent's own name.
package discovery
