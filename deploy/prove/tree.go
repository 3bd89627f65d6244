package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// left are folders that a copy does without: history and built programs.
var left = []string{".git", "bin", "test-results", "screenshots"}

// copyTree copies the repository to a new folder; installed packages of the portal are linked, for they are many and never changed.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case entry.IsDir() && entry.Name() == "node_modules":
			if err := os.Symlink(path, target); err != nil {
				return err
			}
			return filepath.SkipDir
		case entry.IsDir() && rel != "." && slices.Contains(left, entry.Name()):
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case entry.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case !entry.Type().IsRegular():
			return nil
		}
		return copyFile(path, target)
	})
}

func copyFile(from, to string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, raw, info.Mode().Perm()|0o200); err != nil {
		return err
	}
	// The go command may then reuse what it knows of a file of that time and size.
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// bench is one copy of the repository in which one mutation at a time is tried.
type bench struct{ dir string }

// with runs try while a file holds other content, and puts the file back.
func (b bench) with(path, content string, try func()) error {
	full := filepath.Join(b.dir, filepath.FromSlash(path))
	before, err := os.ReadFile(full)
	if err != nil {
		return err
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		return err
	}
	try()
	if err := os.WriteFile(full, before, 0o644); err != nil {
		return fmt.Errorf("put %s back: %w", path, err)
	}
	return nil
}
