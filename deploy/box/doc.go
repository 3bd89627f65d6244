// Package box holds tests of a real agent beside a real cloud in one process: the claim over the box's own page, and what a device that lies does
// to its receipt.
package box
