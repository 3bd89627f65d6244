// Package linktest joins the real jobs of the link side on a database of a test, with lines in memory instead of a broker and a
// clock that the test moves. A Box plays an agent message by message. Only tests import it; it never starts a goroutine of
// its own, so that a test decides what happens when.
package linktest
