// Package akuvox is the driver of door phones and monitors that speak the common /api dialect: identify, SIP account, directory, relays. Package
// provision and the relay driver of own relays call it. Devices are single-threaded and hostile until proven otherwise: one request at a time
// with a pause between, bounded answers, no redirects, and never credentials in a URL.
package akuvox
