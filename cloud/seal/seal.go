package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"vestibule/shared/fault"
)

// Key is the master key: 32 bytes for AES-256-GCM. It prints as dots.
type Key struct{ raw [32]byte }

// String prints dots.
func (Key) String() string { return "••••" }

// GoString prints dots.
func (Key) GoString() string { return "••••" }

// Raw gives the key's bytes, for a job that derives its own keys from it.
func (k *Key) Raw() *[32]byte { return &k.raw }

// New takes 32 bytes as key.
func New(raw [32]byte) *Key { return &Key{raw: raw} }

// KeyFile is the name of the master key in the data folder.
const KeyFile = "master.key"

// Load reads the master key of the data folder, or makes it (mode 0600) when there is none. A file of another length or open to others
// is an error: a key is never replaced.
func Load(folder string) (*Key, error) {
	path := filepath.Join(folder, KeyFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Invalid, "%s is open to other users; its mode must be 0600.", path)
	}
	if len(raw) != 32 {
		return nil, fault.New(fault.Invalid, "%s is not a master key of 32 bytes.", path)
	}
	return New([32]byte(raw)), nil
}

func create(path string) (*Key, error) {
	k := &Key{}
	// crypto/rand never fails: the runtime ends the program when the system has no randomness.
	_, _ = rand.Read(k.raw[:])
	// A whole file appears under its name or none: a key cut short by a crash would lock every secret away.
	part, err := os.CreateTemp(filepath.Dir(path), KeyFile+".*")
	if err != nil {
		return nil, fmt.Errorf("make the master key: %w", err)
	}
	defer os.Remove(part.Name())
	_, err = part.Write(k.raw[:])
	err = errors.Join(err, part.Sync(), part.Close())
	if err == nil {
		err = os.Link(part.Name(), path) // unlike a rename this never replaces a key
	}
	if err != nil {
		return nil, fmt.Errorf("make the master key: %w", err)
	}
	return k, nil
}

// aead derives a key for one purpose, so that what was sealed for one place cannot be moved to another.
func (k *Key) aead(purpose string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, k.raw[:], nil, "vestibule seal 1 "+purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal encrypts plain for a purpose, such as "device sip_password" and the id of the row: only the same words open it.
func (k *Key) Seal(purpose string, plain []byte) ([]byte, error) {
	aead, err := k.aead(purpose)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return aead.Seal(nil, nil, plain, nil), nil
}

// Open decrypts what Seal made for the same purpose; anything else is an error that tells nothing of the content.
func (k *Key) Open(purpose string, sealed []byte) ([]byte, error) {
	aead, err := k.aead(purpose)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	plain, err := aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("open %s: the master key is another one, or the bytes were changed", purpose)
	}
	return plain, nil
}

// Mark is a keyed digest for a purpose: equal plains have equal marks, and without the master key a mark tells nothing, not even of a text as short
// as a PIN.
func (k *Key) Mark(purpose string, plain []byte) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, k.raw[:], nil, "vestibule mark 1 "+purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("mark: %w", err)
	}
	sum := hmac.New(sha256.New, key)
	_, _ = sum.Write(plain) // a hash takes everything
	return sum.Sum(nil), nil
}
