// Package live carries what just happened to the people who look at a site, and to an account what concerns it: jobs publish, the API's streams subscribe. It is a
// hint, never the truth: a subscriber that is too slow is told to read the lists again, and a publisher never waits.
package live
