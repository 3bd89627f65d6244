// Package store keeps the cloud's truth in SQLite or PostgreSQL through gorm, with the same code and one migration number
// for both. Jobs declare the small interface they need; Store implements them, one file per noun. Rows are private;
// methods speak the types of the jobs. Nothing here decides anything, and no row of a site is read for a person except
// through scope.
package store
