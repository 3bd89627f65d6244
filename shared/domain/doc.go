// Package domain holds the nouns of the product, shared by cloud and agent: sites, buildings, apartments, people,
// devices, network groups, relays, boards and events. Types and Validate only: no I/O, no clock.
//
// Structs that travel in a site's desired document carry integer CBOR keys. A key is never reused.
package domain
