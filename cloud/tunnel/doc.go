// Package tunnel shows a device's own pages in an installer's browser. The agent dials out and carries the bytes; here the pages get a host of
// their own under a domain that is not the portal's, one random host a session, for a quarter of an hour. The API starts and ends sessions, the
// agents' listener takes the tunnels, and the people's listener hands every request for a session's host to Wrap.
//
// A device is hostile: its pages must never see what signs a person in here, never lead the browser to another address, never outlive the
// session, and never be reached by anybody but the person who opened it.
package tunnel
