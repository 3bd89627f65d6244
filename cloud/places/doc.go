// Package places is the address catalogue (SITE-08): countries with their calling codes, their states or provinces, and the cities of these. The
// data is embedded, compressed, and read at the first question. Forms of sites and people ask it; it must never refuse an empty part of an
// address, because none is mandatory, and knows nothing of streets. It also names the city nearest to a position (SITE-07), from a second file in
// the same order.
//
// The data is a derivative of the countries-states-cities-database by Darshan Gada, made available under the Open Database License; see LICENSE
// beside it. deploy/places makes it.
package places
