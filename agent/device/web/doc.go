// Package web is how drivers talk HTTP to one device: one request at a time with a pause between, relays before everything that waits, digest login,
// bounded answers, and over HTTPS the certificate of the adoption. Drivers use it; it follows nothing but the way to the same address by HTTPS, and
// never sends a password that can be read.
package web
