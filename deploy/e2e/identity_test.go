package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// identity is a second agent of the site whose certificate and key lie in files, as a thief of a box would have them.
type identity struct {
	agent domain.AgentID
	dir   string
}

// enrol claims a second agent by hand: a key, a request, POST /enroll.
func (b *building) enrol() *identity {
	b.t.Helper()
	link, err := b.sample.Claim(b.t.Context(), b.client)
	b.must(err)
	claim, err := wire.ParseClaimLink(link)
	b.must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	b.must(err)
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	b.must(err)
	config, err := wire.NewConfigKey()
	b.must(err)
	body, err := wire.Marshal(wire.EnrollRequest{Code: claim.Code, CSR: csr, ConfigKey: config.PublicKey().Bytes(), Version: "lab", Proto: wire.Proto})
	b.must(err)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: pinned(claim)}, Timeout: 10 * time.Second}
	res, err := client.Post("https://"+claim.Host+"/enroll", "application/cbor", bytes.NewReader(body))
	b.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	b.must(err)
	var answer wire.EnrollAnswer
	if err := wire.Unmarshal(raw, &answer); res.StatusCode != http.StatusOK || err != nil {
		b.t.Fatalf("enroll: %s %s %v", res.Status, raw, err)
	}
	id := &identity{agent: answer.Agent, dir: b.t.TempDir()}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	b.must(err)
	for name, blocks := range map[string][][]byte{"root.pem": answer.Roots, "chain.pem": answer.Chain} {
		var text []byte
		for _, one := range blocks {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: one})...)
		}
		b.must(os.WriteFile(filepath.Join(id.dir, name), text, 0o600))
	}
	b.must(os.WriteFile(filepath.Join(id.dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return id
}

// pinned accepts a server whose chain contains the root that the link names.
func pinned(claim wire.ClaimLink) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			for _, c := range state.PeerCertificates {
				if sha256.Sum256(c.Raw) == claim.Root {
					return nil
				}
			}
			return errors.New("the server does not show the root of the link")
		},
	}
}

// mosquitto runs a client of Mosquitto against the cloud's broker and gives what it printed. cert false: without a certificate.
func (id *identity) mosquitto(ctx context.Context, tool string, cert bool, client string, args ...string) string {
	all := []string{"-h", "10.78.0.1", "-p", "8883", "-V", "mqttv311", "-i", client, "--cafile", filepath.Join(id.dir, "root.pem")}
	if cert {
		all = append(all, "--cert", filepath.Join(id.dir, "chain.pem"), "--key", filepath.Join(id.dir, "key.pem"))
	}
	// Its exit code proves nothing on MQTT 3.1.1; what arrived does.
	out, _ := exec.CommandContext(ctx, tool, append(all, args...)...).Output()
	return string(out)
}

// file writes bytes for a client to publish.
func (id *identity) file(name string, data []byte) string {
	path := filepath.Join(id.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		panic(err)
	}
	return path
}
