// Package webrelay moves relays that are moved by an HTTP request: a board with a network port, of any maker. What is asked for which relay is data: the
// regular lines of the device, or the RPC of Shelly's second generation. Who the board is says its network card, because such boards tell nothing that
// one could trust.
package webrelay
