package wire

import (
	"testing"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// shows EDGE-02
func TestEnvelope_RoundTripAndRefusals(t *testing.T) {
	conn := domain.NewID[domain.ConnID](time.Now())
	data, err := Seal(KindBeat, conn, Beat{MonoMilli: 5, Config: 7})
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(data)
	if err != nil || e.Conn != conn || e.Kind != KindBeat {
		t.Fatalf("%+v %v", e, err)
	}
	b, err := Body[Beat](e)
	if err != nil || b.Config != 7 {
		t.Fatalf("%+v %v", b, err)
	}
}

func TestSealConfig_OpensForItsAgentAlone(t *testing.T) {
	key, err := NewConfigKey()
	if err != nil {
		t.Fatal(err)
	}
	agent := domain.NewID[domain.AgentID](time.Now())
	d := desired.New()
	for range 100 {
		dev := domain.Device{ID: domain.NewID[domain.DeviceID](time.Now()), Name: "Gate", MAC: "0C1105000001"}
		body, err := desired.Encode(dev)
		if err != nil {
			t.Fatal(err)
		}
		d.Put(desired.SectionDevices, desired.Key(dev.ID), body)
	}
	delta := desired.Delta{To: 3, ToHash: d.Hash(), Ops: desired.Snapshot(d)}
	sealed, err := SealConfig(key.PublicKey().Bytes(), agent, delta)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenConfig(key, agent, 0, 3, sealed)
	if err != nil {
		t.Fatal(err)
	}
	next, err := desired.Apply(desired.New(), got)
	if err != nil || next.Hash() != d.Hash() {
		t.Fatal(err)
	}
	if _, err := OpenConfig(key, agent, 0, 4, sealed); err == nil {
		t.Fatal("another version opened")
	}
	t.Log(len(sealed))
}
