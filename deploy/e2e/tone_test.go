package e2e

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// tone is the voice of a phone in a test: one pure sound, so that who was heard can be read from what another phone recorded.
type tone float64

// Tones of the phones of a test. Their distance is far more than what a codec or a lost packet can shift.
const (
	lowTone  tone = 440
	midTone  tone = 1000
	highTone tone = 1900
)

// voiceRate is samples a second of every voice here.
const voiceRate = 8000

// sing writes a minute of the tone as a WAV file (16 bits, one channel).
func (h tone) sing(t *testing.T, path string) {
	t.Helper()
	const seconds = 60
	data := make([]byte, 44, 44+2*voiceRate*seconds)
	for i := range voiceRate * seconds {
		sample := 12000 * math.Sin(2*math.Pi*float64(h)*float64(i)/voiceRate)
		data = binary.LittleEndian.AppendUint16(data, uint16(int16(sample)))
	}
	copy(data, "RIFF")
	binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8))
	copy(data[8:], "WAVEfmt ")
	for at, v := range map[int]uint32{16: 16, 24: voiceRate, 28: 2 * voiceRate, 40: uint32(len(data) - 44)} {
		binary.LittleEndian.PutUint32(data[at:], v)
	}
	for at, v := range map[int]uint16{20: 1, 22: 1, 32: 2, 34: 16} {
		binary.LittleEndian.PutUint16(data[at:], v)
	}
	copy(data[36:], "data")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// readVoice gives the samples of a WAV file that a phone may still be writing, and how many there are in a second.
func readVoice(data []byte) (samples []int16, rate int, err error) {
	if len(data) < 44 || string(data[:4]) != "RIFF" && data[0] != 0 {
		return nil, 0, errors.New("no WAV file")
	}
	channels, rate := int(binary.LittleEndian.Uint16(data[22:])), int(binary.LittleEndian.Uint32(data[24:]))
	body := data[44:]
	if data[0] == 0 { // the head is written when the file is closed
		return readSamples(body, 1), voiceRate, nil
	}
	for i := 12; i+8 <= len(data); {
		size := int(binary.LittleEndian.Uint32(data[i+4:]))
		if string(data[i:i+4]) == "data" {
			body = data[i+8:] // its length is written at the end only
			break
		}
		i += 8 + size
	}
	return readSamples(body, max(1, channels)), rate, nil
}

// readSamples gives the first channel.
func readSamples(body []byte, channels int) (samples []int16) {
	for i := 0; i+1 < len(body); i += 2 * channels {
		samples = append(samples, int16(binary.LittleEndian.Uint16(body[i:])))
	}
	return samples
}

// in tells whether a quarter of a second somewhere in a recording is this tone and next to nothing else (Goertzel's sum).
func (h tone) in(samples []int16, rate int) bool {
	window := rate / 4
	for from := 0; window > 0 && from+window <= len(samples); from += window {
		var re, im, all float64
		for i, s := range samples[from : from+window] {
			v := float64(s)
			angle := 2 * math.Pi * float64(h) * float64(i) / float64(rate)
			re += v * math.Cos(angle)
			im += v * math.Sin(angle)
			all += v * v
		}
		loud := all/float64(window) > 500*500
		if share := 2 * (re*re + im*im) / (all * float64(window)); loud && share > 0.8 {
			return true
		}
	}
	return false
}

// heardIn waits until one of the recordings that fit the pattern holds the tone.
func (h tone) heardIn(t *testing.T, who, pattern string, within time.Duration) {
	t.Helper()
	eventually(t, within, who+" hears the other side", func() bool { return h.recorded(pattern) })
}

func (h tone) recorded(pattern string) bool {
	names, _ := filepath.Glob(pattern)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if samples, rate, err := readVoice(data); err == nil && h.in(samples, rate) {
			return true
		}
	}
	return false
}

// A recording of one tone is told from one of another, from silence and from noise.
func TestTone_IsToldFromOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "voice.wav")
	midTone.sing(t, path)
	if !midTone.recorded(path) || lowTone.recorded(path) || highTone.recorded(path) {
		t.Fatalf("1000 Hz: low %v, mid %v, high %v", lowTone.recorded(path), midTone.recorded(path), highTone.recorded(path))
	}
	if midTone.in(make([]int16, voiceRate), voiceRate) {
		t.Fatal("silence is a tone")
	}
	noise, seed := make([]int16, voiceRate), uint32(1)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = int16(seed >> 16)
	}
	if midTone.in(noise, voiceRate) {
		t.Fatal("noise is a tone")
	}
}
