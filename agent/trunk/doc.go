// Package trunk keeps what a site's trunk may be used for: which stored numbers may be called, how many calls at once, how many minutes of a day and
// of a call, and how the registration at the carrier goes on. It speaks no SIP and opens no socket; the SIP adapter asks it before it calls and tells
// it what the carrier said. Whatever is unsure is refused: without the document's trunk, or when what was used cannot be written down, nothing is
// called (CALL-09).
package trunk
