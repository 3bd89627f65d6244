// Package guard counts what strangers try and locks out who tries too often: one counter for wrong passwords, wrong codes, wrong links and
// ceremonies that were begun. Whoever checks a secret asks it before the check and tells it afterwards. It keeps nothing but keys and times in
// memory, must never learn a secret, and never waits itself: it tells how long somebody else has to.
package guard
