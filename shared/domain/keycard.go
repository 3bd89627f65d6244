package domain

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// CardFormat says how the number of a card is written; the same card reads differently in each.
type CardFormat string

// Card formats; the first is the default and the canonical one.
const (
	CardHex         CardFormat = "hex"          // 8HN: the bytes as the reader gives them
	CardHexReversed CardFormat = "hex_reversed" // 8HR: the last byte first
	CardDecimal     CardFormat = "decimal"      // the same four bytes as one number of up to 10 digits, as printed on many cards
)

const cardWords = "8, 14 or 20 hexadecimal digits, or the 10-digit number of the card."

// canonicalCard is 4, 7 or 10 bytes in upper case: the lengths that cards have.
var canonicalCard = regexp.MustCompile(`^([0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})$`)

// shortNumber is the facility and number that many cards bear: three of four bytes.
var shortNumber = regexp.MustCompile(`^[0-9]{3}[,. ][0-9]{5}$`)

// ParseCard reads the number of a card and gives its canonical form: hexadecimal, upper case, bytes in the reader's order.
func ParseCard(text string, format CardFormat) (secret.String, error) {
	text = strings.ToUpper(strings.TrimSpace(text))
	var f fault.Fields
	oneOf(&f, "format", format, "hex, hex_reversed or decimal.", CardHex, CardHexReversed, CardDecimal)
	if shortNumber.MatchString(text) {
		f.Add("number", "This short number leaves a part of the card out. Enter its hexadecimal or its 10-digit number.")
		return secret.String{}, f.Err()
	}
	text = strings.NewReplacer(":", "", "-", "", " ", "").Replace(text)
	if format == CardDecimal {
		n, err := strconv.ParseUint(text, 10, 32)
		f.Check(err == nil && n > 0, "number", "%s", cardWords)
		return secret.New(strings.ToUpper(pad(strconv.FormatUint(n, 16)))), f.Err()
	}
	f.Check(canonicalCard.MatchString(text) && strings.Trim(text, "0") != "", "number", "%s", cardWords)
	if f.Err() == nil && format == CardHexReversed {
		text = ReverseCard(text)
	}
	return secret.New(text), f.Err()
}

func pad(hex string) string { return strings.Repeat("0", max(0, 8-len(hex))) + hex }

// ReverseCard turns the order of the bytes of a canonical number round.
func ReverseCard(number string) string {
	var bytes []string
	for i := 0; i+2 <= len(number); i += 2 {
		bytes = append(bytes, number[i:i+2])
	}
	slices.Reverse(bytes)
	return strings.Join(bytes, "")
}

// CardTail is what may be shown of a card: the last four digits.
func CardTail(number secret.String) string {
	text := number.Reveal()
	return text[max(0, len(text)-4):]
}
