package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

func TestString_NeverPrintsItself(t *testing.T) {
	const planted = "correct horse"
	v := struct {
		Password String
		Pointer  *String
	}{Password: New(planted)}
	v.Pointer = &v.Password
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v.Password, "all", v)
	asJSON, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(v, v.Password), fmt.Sprintf("%v %+v %#v %s %q %x %d", v, v, v, v.Password, v.Password, v.Password, v.Password),
		log.String(), string(asJSON), fmt.Errorf("bad %v", v.Password).Error(),
	} {
		if strings.Contains(text, planted) || strings.Contains(text, fmt.Sprintf("%x", planted)) {
			t.Errorf("shown in %q", text)
		}
	}
}

func TestString_TravelsInCBORAndCompares(t *testing.T) {
	data, err := cbor.Marshal(New("x"))
	if err != nil {
		t.Fatal(err)
	}
	var back String
	if err := cbor.Unmarshal(data, &back); err != nil || !back.Equal(New("x")) || back.Equal(New("y")) || back.IsZero() {
		t.Fatal(err)
	}
}

func TestRandom_IsLongAndNeverTheSame(t *testing.T) {
	a, b := Random(20), Random(20)
	if len(a.Reveal()) != 20 || a.Equal(b) {
		t.Fatal(a.Reveal(), b.Reveal())
	}
}
