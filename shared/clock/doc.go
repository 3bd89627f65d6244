// Package clock gives time with its honesty: a wall clock that never runs behind the build or the last stored
// time, and an estimate of the cloud's clock with an error bound (DESIGN: a box without a clock, age of commands).
// It asks nobody itself; samples come from the link.
package clock
