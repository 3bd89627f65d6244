package fleet

import (
	"strings"

	"vestibule/cloud/places"
	"vestibule/shared/domain"
)

// keepsZero are calling codes behind which the leading 0 of a national number belongs to it.
var keepsZero = map[string]bool{"39": true, "378": true, "379": true}

// areaCode gives the digits of a country's calling code, empty for none.
func areaCode(country string) string { return digitsOf(places.AreaCode(country)) }

func digitsOf(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}

// numbers writes the phone and the landlines of a person with the area code of the person's country in front (PEOPLE-14): +49 301234567. A number
// that names another country stays that country's; one that stood under the country of before moves to the new one. Without a country numbers stay
// as they were typed.
func numbers(before *domain.Person, p *domain.Person) {
	area, old := areaCode(p.Form.Country), ""
	if before != nil && before.Form.Country != p.Form.Country {
		old = areaCode(before.Form.Country)
	}
	p.Phone = inFull(p.Phone, area, old)
	for i, n := range p.Form.Landlines {
		p.Form.Landlines[i] = inFull(n, area, old)
	}
}

func inFull(number, area, old string) string {
	if number == "" || area == "" {
		return number
	}
	digits := digitsOf(number)
	abroad := strings.HasPrefix(strings.TrimSpace(number), "+")
	if rest, ok := strings.CutPrefix(digits, "00"); ok && !abroad {
		digits, abroad = rest, true
	}
	if abroad {
		national, home := strings.CutPrefix(digits, area)
		if was, moved := strings.CutPrefix(digits, old); old != "" && moved {
			national, home = was, true
		}
		if !home {
			return "+" + digits
		}
		return "+" + area + " " + national
	}
	if !keepsZero[area] {
		digits = strings.TrimPrefix(digits, "0")
	}
	return "+" + area + " " + digits
}
