package mail

import (
	"context"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
)

// Folder writes mails as files, for a machine without a mail server. The files hold working links: they are for their owner alone (0600).
type Folder struct {
	Dir  string
	From mail.Address
}

// Place says where mail goes.
func (t Folder) Place() (kind, address, from string) { return "folder", t.Dir, t.From.String() }

// Send writes one mail; the file appears whole.
func (t Folder) Send(_ context.Context, m Message) error {
	written, err := compose(t.From, m)
	if err != nil {
		return &Refusal{Words: err.Error()}
	}
	path := filepath.Join(t.Dir, m.ID.String()+".eml")
	if err := t.file(path+".part", func(f *os.File) error { _, err := written.WriteTo(f); return err }); err != nil {
		return &Setback{Words: err.Error()}
	}
	if err := os.Rename(path+".part", path); err != nil {
		return &Setback{Words: err.Error()}
	}
	return nil
}

func (t Folder) file(path string, fill func(f *os.File) error) error {
	if err := os.MkdirAll(t.Dir, 0o700); err != nil {
		return fmt.Errorf("mail folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("mail folder: %w", err)
	}
	if err := fill(f); err != nil {
		_ = f.Close()
		return fmt.Errorf("mail folder: %w", err)
	}
	return f.Close()
}
