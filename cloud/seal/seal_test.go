package seal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"vestibule/cloud/seal"
)

func TestLoad_MakesOneKeyForItsOwnerAlone(t *testing.T) {
	folder := t.TempDir()
	first, err := seal.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(folder, seal.KeyFile))
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Fatalf("%v %v", info, err)
	}
	again, err := seal.Load(folder)
	if err != nil || *again.Raw() != *first.Raw() {
		t.Fatalf("another key: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*.key.*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if text := fmt.Sprintf("%v %+v %#v", first, *first, *first); bytes.Contains([]byte(text), first.Raw()[:4]) || len(text) > 60 {
		t.Errorf("the key prints as %q", text)
	}
}

func TestLoad_RefusesAKeyThatIsNotOne(t *testing.T) {
	for name, write := range map[string]func(path string) error{
		"short": func(path string) error { return os.WriteFile(path, []byte("short"), 0o600) },
		"open":  func(path string) error { return os.WriteFile(path, make([]byte, 32), 0o644) },
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, seal.KeyFile)
		if err := write(path); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(path)
		if _, err := seal.Load(folder); err == nil {
			t.Errorf("%s: taken", name)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Errorf("%s: replaced", name)
		}
	}
}

func TestSeal_OpensForTheSamePurposeAlone(t *testing.T) {
	key := seal.New([32]byte{1})
	sealed, err := key.Seal("device 1", []byte("planted"))
	if err != nil || bytes.Contains(sealed, []byte("planted")) {
		t.Fatalf("%q %v", sealed, err)
	}
	if again, _ := key.Seal("device 1", []byte("planted")); bytes.Equal(again, sealed) {
		t.Error("two seals of one secret are equal")
	}
	if plain, err := key.Open("device 1", sealed); err != nil || string(plain) != "planted" {
		t.Fatalf("%q %v", plain, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another purpose": func() ([]byte, error) { return key.Open("device 2", sealed) },
		"another key":     func() ([]byte, error) { return seal.New([32]byte{2}).Open("device 1", sealed) },
		"changed bytes":   func() ([]byte, error) { return key.Open("device 1", changed) },
		"too short":       func() ([]byte, error) { return key.Open("device 1", sealed[:5]) },
	} {
		if plain, err := open(); err == nil {
			t.Errorf("%s opened as %q", name, plain)
		}
	}
}
