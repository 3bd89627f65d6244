// Package enroll makes agents: claim codes, the service's own certificate authorities, certificates, their renewal and their
// revocation. It serves POST /enroll and POST /renew on the agents' HTTPS listener and gives both listeners their TLS; the API
// calls it for claims and revocation.
//
// Invariants: a code and the certificate it pays for are stored in one transaction; every field of a certificate is ours, of a
// request only the key is taken; used, expired and invented codes are refused with the same words after the same time. Private
// keys never leave the package except sealed by the master key.
package enroll
