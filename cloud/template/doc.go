// Package template brings spreadsheets in and out. One table of columns drives the template that is handed out, the reader and the export. What is
// read becomes a plan; the plan is applied as one edit of the site, by the rules of the forms, and can be taken back while nothing of it was changed.
package template
