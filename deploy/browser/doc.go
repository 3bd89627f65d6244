// Package browser holds the test of the portal with real people's means: Chromium, a real cloud, a real agent and a simulated door phone.
package browser
