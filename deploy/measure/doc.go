// Package measure runs a program beside the one that measures it, on a core of its own, and reads what it uses. The benchmarks,
// the load harness and the end-to-end tests use it; nothing of the product does.
package measure
