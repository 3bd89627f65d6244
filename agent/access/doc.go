// Package access decides whether an ask may open a relay now. Package door calls it before anything moves, and device drivers ask it which
// homes a door phone stands for. It only reads the desired document: it must never read a clock, a network, a file or a database, so that the
// same ask against the same document always gets the same answer.
package access
