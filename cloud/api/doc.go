// Package api is the REST interface, version 1, with its OpenAPI document, the live stream and the portal's files. It is the only
// place of HTTP status codes. It authenticates, checks that the caller may see the site of the path, turns bodies into domain types and
// errors into problem documents; it decides nothing else and keeps nothing. A route is private unless it is on the list of public ones.
package api
