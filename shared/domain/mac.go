package domain

import (
	"strings"

	"vestibule/shared/fault"
)

// MAC is a hardware address as 12 upper-case hexadecimal digits (DEV-02). It is a name, never a secret.
type MAC string

// ParseMAC normalises 0c11050b9814, 0C:11:05:0B:98:14, 0C-11-… and 0c11.050b.9814; anything else is Invalid.
func ParseMAC(text string) (MAC, error) {
	plain := strings.ToUpper(strings.NewReplacer(":", "", "-", "", ".", "").Replace(strings.TrimSpace(text)))
	if m := MAC(plain); m.valid() {
		return m, nil
	}
	return "", fault.New(fault.Invalid, "A MAC has 12 hexadecimal digits, such as 0C11050B9814.")
}

func (m MAC) valid() bool {
	if len(m) != 12 || m == "000000000000" {
		return false
	}
	return strings.Trim(string(m), "0123456789ABCDEF") == ""
}

// Colons writes the MAC as 0C:11:05:0B:98:14; a malformed one is returned as it is.
func (m MAC) Colons() string {
	if len(m) != 12 {
		return string(m)
	}
	parts := make([]string, 0, 6)
	for i := 0; i < 12; i += 2 {
		parts = append(parts, string(m[i:i+2]))
	}
	return strings.Join(parts, ":")
}
