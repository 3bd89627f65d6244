// Package sitemail writes the mails that a site sends by itself: before a service of its homes ends (SITE-18, SITE-42), and when a device or an
// agent is lost (SITE-34). What is due is decided by pure functions of what the store knows; each mail is remembered in the transaction
// that posts it, so it leaves once whatever restarts. The job queue calls it; it writes to no site and opens no door.
package sitemail
