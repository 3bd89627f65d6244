// Package sheet reads and writes spreadsheets: XLSX books and CSV in the encodings that people have. It knows nothing of what stands in them. Files
// come from strangers: every size is bounded before anything is unpacked, and what the package gives is text.
package sheet
