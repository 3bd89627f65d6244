package wire

import (
	"encoding/hex"

	"vestibule/shared/domain"
)

// MaxReachDevices bounds what an agent tells of its networks: 12,000 bytes beside a report's own 40 KiB.
const MaxReachDevices = 2000

// Reach is who an agent hears on each of its networks (BEY-09): what stands there, not what should.
type Reach struct {
	Links []ReachLink `cbor:"1,keyasint"`
}

// ReachLink is one network of an agent. Devices are cards of six bytes one after the other; agents are told by the ends of their ids.
type ReachLink struct {
	Interface string   `cbor:"1,keyasint"`
	Prefixes  []string `cbor:"2,keyasint"` // 192.168.1.0/24
	Devices   []byte   `cbor:"3,keyasint,omitempty"`
	Agents    []string `cbor:"4,keyasint,omitempty"`
}

const cardBytes = 6

// SetMACs packs devices; what is no MAC is left out.
func (l *ReachLink) SetMACs(macs []domain.MAC) {
	l.Devices = make([]byte, 0, cardBytes*len(macs))
	for _, m := range macs {
		if card, err := hex.DecodeString(string(m)); err == nil && len(card) == cardBytes {
			l.Devices = append(l.Devices, card...)
		}
	}
}

// MACs unpacks at most so many devices.
func (l ReachLink) MACs(most int) []domain.MAC {
	n := min(len(l.Devices)/cardBytes, max(0, most))
	out := make([]domain.MAC, 0, n)
	for i := range n {
		if mac, err := domain.ParseMAC(hex.EncodeToString(l.Devices[i*cardBytes : (i+1)*cardBytes])); err == nil {
			out = append(out, mac)
		}
	}
	return out
}
