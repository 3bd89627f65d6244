// Package storetest gives tests of the store and of the jobs above it a fresh database on each of the two engines: a file
// and a database of a PostgreSQL cluster that lives as long as the test program. Only tests import it; it never touches a
// database that it did not make.
package storetest
