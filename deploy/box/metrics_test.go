package box

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/shared/sim"
)

// numbers is one scrape.
type numbers struct {
	text  string
	value map[string]float64 // by the whole name, labels and all
}

func scrape(t *testing.T, address string) numbers {
	t.Helper()
	response, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.StatusCode, err)
	}
	n := numbers{text: string(raw), value: map[string]float64{}}
	for line := range strings.Lines(n.text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if ok {
			name += "}"
		} else if name, value, ok = strings.Cut(strings.TrimSpace(line), " "); !ok || name == "#" {
			continue
		}
		if n.value[name], err = strconv.ParseFloat(value, 64); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return n
}

// A cloud with a real agent and a simulated door phone: what happens moves the numbers, they are named as Prometheus wants, they hold no id of anything,
// and the shipped dashboard and alerts ask for nothing that is not there.
func TestMetrics_MoveWithWhatHappensAndFeedTheDashboard(t *testing.T) {
	stamp := filepath.Join(t.TempDir(), "last-backup")
	if err := os.WriteFile(stamp, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := cloudtest.Start(t, "", func(cfg *cloud.Config) { cfg.Metrics, cfg.BackupStamp, cfg.Version = "127.0.0.1:0", stamp, "test" })
	ada := s.SetUp(t)
	at := s.Cloud.Addresses().Metrics.String()
	before := scrape(t, at)

	cfg := sim.Sample(1, 0, 0)
	cfg.MDNS = "lo"
	building, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	live(t, building.Run)
	phone := building.DoorPhones()[0]
	path, house, group := site(t, ada)
	newBox(t, cloudtest.Want[claim](t, ada, 201, "POST", path+"/claims", nil).Link)
	made := cloudtest.Want[named](t, ada, 201, "POST", path+"/devices", map[string]any{
		"type": 0, "mac": phone.MAC(), "name": "Main entrance", "group_id": group, "building_id": house, "driver": "akuvox", "dtmf_method": "unknown",
		"api_user": phone.APIUser(), "api_password": phone.APIPassword(),
	})
	eventually(t, patience, "the phone has its document", func() bool {
		return cloudtest.Want[device](t, ada, 200, "GET", path+"/devices/"+made.ID, nil).Status.Receipt.State == "applied"
	})
	eventually(t, patience, "the door is opened", func() bool {
		return cloudtest.Want[struct{ Result string }](t, ada, 200, "POST", path+"/devices/"+made.ID+"/relays/1/open", nil).Result == "done"
	})
	ada.Stream(t, path+"/stream", "")
	if a := (cloudtest.Client{URL: s.URL}).Do(t, "POST", "/session", map[string]any{"email": "ada@example.com", "password": "wrong"}); a.Status != 401 {
		t.Fatal(a.Status)
	}

	moved := []string{
		`vestibule_commands_total{kind="door_open",result="done"}`, `vestibule_command_duration_seconds_count{kind="door_open"}`,
		`vestibule_event_rows_total{verdict="stored"}`, `vestibule_event_batch_duration_seconds_count`,
		`vestibule_document_held_duration_seconds_count`, `vestibule_document_applied_duration_seconds_count`, `vestibule_document_announcements_total`,
		`vestibule_http_requests_total{code="201",method="POST",route="/api/v1/sites/:site/devices"}`,
		`vestibule_http_request_duration_seconds_count{method="POST",route="/api/v1/sites/:site/devices"}`,
		`vestibule_signins_refused_total{reason="wrong"}`, `vestibule_agents{state="online"}`, `vestibule_hub_connections`, `vestibule_streams`,
	}
	var after numbers
	still := ""
	defer func() {
		if still != "" {
			t.Errorf("%s stays %v", still, after.value[still])
		}
	}()
	eventually(t, patience, "every number has moved", func() bool {
		after, still = scrape(t, at), ""
		for _, name := range moved {
			if after.value[name] <= before.value[name] {
				still = name
			}
		}
		return still == ""
	})
	for name, want := range map[string]float64{
		`vestibule_ready`: 1, `vestibule_receipts_open{state="open"}`: 0, `vestibule_receipts_open{state="failed"}`: 0, `vestibule_scrape_failures_total`: 0,
		`vestibule_event_rows_total{verdict="quarantined"}`: 0, `vestibule_document_mismatches_total`: 0, `vestibule_hub_panics_total`: 0, `vestibule_commands_open`: 0,
	} {
		if got, there := after.value[name]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", name, got, there, want)
		}
	}
	if age := float64(time.Now().Unix()) - after.value["vestibule_backup_timestamp_seconds"]; age < -1 || age > 600 {
		t.Errorf("the backup is %v s old", age)
	}
	tidy(t, after)
	shipped(t, after)
}

// tidy wants names as Prometheus has them, and neither ids nor secrets among the labels.
func tidy(t *testing.T, n numbers) {
	t.Helper()
	problems, err := promlint.New(strings.NewReader(n.text)).Lint()
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "vestibule_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	if err != nil {
		t.Error(err)
	}
	told := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}|\b[0-9A-F]{12}\b|@example|planted`)
	for name := range n.value {
		if told.MatchString(name) {
			t.Errorf("a number tells of one thing: %s", name)
		}
	}
	if len(n.value) > 3000 {
		t.Errorf("%d series after so little", len(n.value))
	}
}

// shipped wants everything that the files of deploy/operate ask for.
func shipped(t *testing.T, n numbers) {
	t.Helper()
	there := map[string]bool{}
	for name := range n.value {
		name, _, _ = strings.Cut(name, "{")
		there[name] = true
	}
	for _, file := range []string{"grafana-dashboard.json", "alerts.yml"} {
		raw, err := os.ReadFile(filepath.Join("..", "operate", file))
		if err != nil {
			t.Fatal(err)
		}
		asked := regexp.MustCompile(`\b(vestibule|go|process)_[a-z_]+`).FindAllString(string(raw), -1)
		if len(asked) < 15 {
			t.Errorf("%s asks for %d numbers: the test looks at nothing", file, len(asked))
		}
		for _, name := range asked {
			if !there[name] {
				t.Errorf("%s asks for %s, and there is no such number", file, name)
			}
		}
	}
}
