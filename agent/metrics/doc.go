// Package metrics writes the figures of an agent for Prometheus: its link, the rows that wait, its devices, its last calls, what is wrong, and what the
// process uses. Figures are read at each scrape; nothing is counted between. Who may scrape decides the page that serves it.
//
// Words that devices say of themselves become labels: they are cut, and never make an answer unreadable (TestHandler_WhatDevicesSayIsCut).
package metrics
