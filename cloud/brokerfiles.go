package cloud

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"time"

	"vestibule/cloud/enroll"
	"vestibule/cloud/hub/nats"
)

// BrokerFolder is where WriteBrokerFiles puts what an external broker needs, inside the data folder.
const BrokerFolder = "broker"

// WriteBrokerFiles writes the certificates that an external broker needs into the data folder and gives their place. Its own certificate lasts for a
// limited time: write again and let the broker read anew.
func WriteBrokerFiles(ctx context.Context, cfg Config) (dir string, err error) {
	kind, _, ok := cfg.broker()
	if !ok || cfg.BrokerHost == "" {
		return "", fmt.Errorf("--broker and --mqtt-host: the addresses of the broker's listeners, which its certificate names")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Cloud{cfg: cfg}
	key, err := c.open(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.store.Close() }()
	keys, err := enroll.New(ctx, enroll.Config{Store: c.store, Sealer: key, BrokerHost: cfg.BrokerHost, AgentsHost: cfg.AgentsHost, Names: cfg.brokerNames(), Now: time.Now, Logger: cfg.Logger})
	if err != nil {
		return "", err
	}
	files, err := brokerFiles(ctx, keys, kind)
	if err != nil {
		return "", err
	}
	dir = filepath.Join(cfg.DataDir, BrokerFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// brokerFiles gives what a broker of this kind needs. Nodes of NATS also know each other, and the key by which they believe us.
func brokerFiles(ctx context.Context, keys *enroll.Service, kind string) (map[string][]byte, error) {
	files, err := keys.BrokerFiles(ctx)
	if err != nil || kind != brokerNATS {
		return files, err
	}
	node, err := keys.BrokerNode(ctx)
	if err != nil {
		return nil, err
	}
	seed, err := keys.BrokerIssuer(ctx)
	if err != nil {
		return nil, err
	}
	files["issuer.conf"], err = nats.IssuerFile(seed)
	maps.Copy(files, node)
	return files, err
}
