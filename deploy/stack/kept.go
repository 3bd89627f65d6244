package stack

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// keptFile holds what a second start in the same folder needs; it has passwords and is readable to its owner alone.
const keptFile = "stack.json"

// kept is what a stack remembers between two starts.
type kept struct {
	Email     string              `json:"email"`
	Password  string              `json:"password"`
	PIN       string              `json:"pin"`
	AgentsAt  string              `json:"agents_at"` // where the agent reaches the cloud; it keeps them from its claim
	BrokerAt  string              `json:"broker_at"`
	BoardPort int                 `json:"board_port"`
	Hardware  map[string]hardware `json:"hardware"`
	Sample    *Sample             `json:"sample,omitempty"`
	Claimed   bool                `json:"claimed"`
}

func load(dir string) (*kept, error) {
	k := &kept{AgentsAt: "127.0.0.1:0", BrokerAt: "127.0.0.1:0", Hardware: map[string]hardware{}}
	data, err := os.ReadFile(filepath.Join(dir, keptFile)) //nolint:gosec // the folder is the caller's
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if err := json.Unmarshal(data, k); err != nil {
			return nil, err
		}
	}
	for _, r := range roles {
		if _, ok := k.Hardware[r.name]; !ok {
			k.Hardware[r.name] = newHardware()
		}
	}
	return k, nil
}

func (k *kept) save(dir string) error {
	data, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, keptFile)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
