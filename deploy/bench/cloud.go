package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"vestibule/deploy/measure"
	"vestibule/deploy/stack"
)

// product is a running cloud and an agent of one of its sites.
type product struct {
	client *stack.Client
	site   *stack.Sample
	cloud  *measure.Process
	agent  *measure.Process
	sip    string   // where the agent takes calls
	before []string // what starts the agent: a command before its own, or nothing
}

// startCloud starts a cloud with its data in a folder.
func startCloud(ctx context.Context, program, dir string, flags ...string) (*measure.Process, error) {
	return startCloudBy(ctx, []string{program}, dir, flags...)
}

// startCloudBy is startCloud by the words that start the program.
func startCloudBy(_ context.Context, words []string, dir string, flags ...string) (*measure.Process, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	words = append(slices.Clone(words), "--data", dir, "--http", "127.0.0.1:0", "--agents", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--log", "WARN")
	words = append(words, flags...)
	return measure.Start("cloud", words[0], words[1:]...)
}

// newCloud starts a cloud with its data in a folder and makes its first account and a site.
func newCloud(ctx context.Context, program, dir string, apartments ...string) (*product, error) {
	cloud, err := startCloud(ctx, program, dir)
	if err != nil {
		return nil, err
	}
	p := &product{cloud: cloud}
	if p.client, err = setUp(ctx, cloud, dir); err == nil {
		p.site, err = stack.NewSite(ctx, p.client, "Bench", apartments...)
	}
	if err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

// setUp waits for a cloud and makes its first account.
func setUp(ctx context.Context, cloud *measure.Process, dir string) (*stack.Client, error) {
	at, err := cloud.Finds(ctx, `Vestibule is at (\S+) `)
	if err != nil {
		return nil, err
	}
	if err := measure.Eventually(ctx, 20*time.Second, "the cloud answers", func() (bool, error) {
		return stack.NewClient(at[1], "").Do(ctx, "GET", "/setup", nil, nil) == nil, nil
	}); err != nil {
		return nil, err
	}
	token, err := os.ReadFile(filepath.Join(dir, "setup-token"))
	if err != nil {
		return nil, err
	}
	var answer struct {
		Token string `json:"token"`
	}
	form := map[string]any{
		"token": strings.TrimSpace(string(token)), "email": "bench@example.com", "password": "correct-horse-battery-9", "name": "Bench",
		"organisation": "Bench", "bearer": true,
	}
	if err := stack.NewClient(at[1], "").Do(ctx, "POST", "/setup", form, &answer); err != nil {
		return nil, err
	}
	return stack.NewClient(at[1], answer.Token), nil
}

// join starts an agent with a fresh claim of the site and waits until it holds the newest version.
func (p *product) join(ctx context.Context, program, dir string) error {
	link, err := p.site.Claim(ctx, p.client)
	if err != nil {
		return err
	}
	if err := p.startAgent(program, dir, "127.0.0.1:0", "--claim", link); err != nil {
		return err
	}
	at, err := p.agent.Finds(ctx, `SIP at (?:sip:)?(\S+)`)
	if err != nil {
		return err
	}
	p.sip = at[1]
	return p.inStep(ctx)
}

// startAgent starts the agent with its data in a folder, taking calls at an address.
func (p *product) startAgent(program, dir, sip string, flags ...string) (err error) {
	words := append(slices.Clone(p.before), program, "--data", dir, "--sip", sip, "--lan", "127.0.0.1:0", "--interfaces", "lo", "--log", "warn", "--sip-rate", "1000000")
	words = append(words, flags...)
	p.agent, err = measure.Start("agent", words[0], words[1:]...)
	return err
}

// inStep waits until the agent is online and holds the site's newest version.
func (p *product) inStep(ctx context.Context) error {
	return measure.Eventually(ctx, time.Minute, "the agent holds the newest version", func() (bool, error) {
		var site struct {
			Version uint64 `json:"version"`
		}
		if err := p.client.Do(ctx, "GET", p.site.Path(""), nil, &site); err != nil {
			return false, err
		}
		var agents struct {
			Items []struct {
				Presence struct {
					State string `json:"state"`
				} `json:"presence"`
				Held uint64 `json:"held_version"`
			} `json:"items"`
		}
		if err := p.client.Do(ctx, "GET", p.site.Path("/agents"), nil, &agents); err != nil {
			return false, err
		}
		return len(agents.Items) == 1 && agents.Items[0].Presence.State == "online" && agents.Items[0].Held == site.Version, nil
	})
}

// end stops both programs.
func (p *product) end() {
	for _, one := range []*measure.Process{p.agent, p.cloud} {
		if one != nil {
			one.End(syscall.SIGTERM)
		}
	}
}
