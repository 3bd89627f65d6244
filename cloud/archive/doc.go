// Package archive keeps rows of the log that leave the database as files in a folder: compressed lines of JSON, one file for each site, month and kind, with
// its digest beside it. The log writes (eventlog.Archive), people read with the tools of their machine or with Read.
//
// Invariant: Put returns nil only when file and digest are on the disk (TestArchive_*). The package never deletes a file.
package archive
