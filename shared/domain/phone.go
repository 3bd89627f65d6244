package domain

import (
	"slices"
	"strings"
	"sync"
)

// callingCodes says which numbers of ITU-T E.164 belong to which country: a country, then the digits that its numbers begin with. The longest
// beginning counts, so that +1 876 is Jamaica and neither of the countries that +1 stands for. What stands for no country (satellites, networks of
// the whole world, premium services such as +979) is not in it.
const callingCodes = `
AD376 AE971 AF93 AG1268 AI1264 AL355 AM374 AO244 AQ6721 AR54 AS1684 AT43 AU61 AW297 AX35818 AZ994 BA387 BB1246 BD880 BE32 BF226 BG359 BH973
BI257 BJ229 BL590 BM1441 BN673 BO591 BQ5993 BQ5994 BQ5997 BR55 BS1242 BT975 BW267 BY375 BZ501 CA1 CC6189162 CD243 CF236 CG242 CH41 CI225
CK682 CL56 CM237 CN86 CO57 CR506 CU53 CV238 CW5999 CX6189164 CY357 CZ420 DE49 DJ253 DK45 DM1767 DO1809 DO1829 DO1849 DZ213 EC593 EE372 EG20
EH2125288 ER291 ES34 ET251 FI358 FJ679 FK500 FM691 FO298 FR33 GA241 GB44 GD1473 GE995 GF594 GG441481 GG447781 GG447839 GG447911 GH233 GI350
GL299 GM220 GN224 GP590 GQ240 GR30 GS500 GT502 GU1671 GW245 GY592 HK852 HN504 HR385 HT509 HU36 ID62 IE353 IL972 IM441624 IM447524 IM447624
IM447924 IN91 IO246 IQ964 IR98 IS354 IT39 JE441534 JE447509 JE447797 JE447937 JM1658 JM1876 JO962 JP81 KE254 KG996 KH855 KI686 KM269 KN1869
KP850 KR82 KW965 KY1345 KZ76 KZ77 LA856 LB961 LC1758 LI423 LK94 LR231 LS266 LT370 LU352 LV371 LY218 MA212 MC377 MD373 ME382 MF590 MG261
MH692 MK389 ML223 MM95 MN976 MO853 MP1670 MQ596 MR222 MS1664 MT356 MU230 MV960 MW265 MX52 MY60 MZ258 NA264 NC687 NE227 NF6723 NG234 NI505
NL31 NO47 NP977 NR674 NU683 NZ64 OM968 PA507 PE51 PF689 PG675 PH63 PK92 PL48 PM508 PN64 PR1787 PR1939 PS970 PT351 PW680 PY595 QA974 RE262
RO40 RS381 RU7 RW250 SA966 SB677 SC248 SD249 SE46 SG65 SH290 SI386 SJ4779 SK421 SL232 SM378 SN221 SO252 SR597 SS211 ST239 SV503 SX1721 SY963
SZ268 TC1649 TD235 TG228 TH66 TJ992 TK690 TL670 TM993 TN216 TO676 TR90 TT1868 TV688 TW886 TZ255 UA380 UG256 US1 UY598 UZ998 VA379 VA3906698
VC1784 VE58 VG1284 VI1340 VN84 VU678 WF681 WS685 XK383 YE967 YT262269 YT262639 ZA27 ZM260 ZW263
`

// zeroStays are countries whose numbers keep the 0 that they begin with at home.
var zeroStays = []string{"CG", "CI", "GA", "IT", "SM", "VA"}

// Bounds of a number in E.164, in digits.
const (
	minNumber = 7
	maxNumber = 15
)

type calling struct {
	first     map[string]string   // the shortest beginning of a country
	countries map[string][]string // of a beginning
	longest   int
}

var readCalling = sync.OnceValue(func() calling {
	out := calling{first: map[string]string{}, countries: map[string][]string{}}
	for entry := range strings.FieldsSeq(callingCodes) {
		country, digits := entry[:2], entry[2:]
		if was := out.first[country]; was == "" || len(digits) < len(was) {
			out.first[country] = digits
		}
		out.countries[digits] = append(out.countries[digits], country)
		out.longest = max(out.longest, len(digits))
	}
	return out
})

// HasNumbers tells whether a country has telephone numbers of its own.
func HasNumbers(country string) bool { return readCalling().first[country] != "" }

// CountriesOf gives the countries that a number in E.164 may belong to; none for one that belongs to no country.
func CountriesOf(number string) []string {
	digits, ok := strings.CutPrefix(number, "+")
	if !ok {
		return nil
	}
	table := readCalling()
	for n := min(table.longest, len(digits)); n > 0; n-- {
		if list := table.countries[digits[:n]]; list != nil {
			return slices.Clone(list)
		}
	}
	return nil
}

// E164 writes a number as people type it in the form of ITU-T E.164, such as +49301234567. A number without plus and international prefix is one of
// country (ISO 3166-1 alpha-2). ok is false when it is none: too short (every emergency and service number is), too long, or without a country.
func E164(number, country string) (text string, ok bool) {
	digits := onlyDigits(number)
	if !strings.HasPrefix(strings.TrimSpace(number), "+") {
		if digits, ok = fromHome(digits, country); !ok {
			return "", false
		}
	}
	// Some write +49 (0)30: the zero in brackets is dialled at home alone.
	if before, after, found := strings.Cut(number, "(0)"); found && strings.HasPrefix(strings.TrimSpace(number), "+") {
		digits = onlyDigits(before) + onlyDigits(after)
	}
	if len(digits) < minNumber || len(digits) > maxNumber || digits[0] == '0' {
		return "", false
	}
	return "+" + digits, true
}

// fromHome reads a number as it is dialled in a country.
func fromHome(digits, country string) (string, bool) {
	abroad := "00"
	code := readCalling().first[country]
	america := strings.HasPrefix(code, "1")
	switch {
	case america:
		abroad, code = "011", "1"
	case country == "AU":
		abroad = "0011"
	case country == "JP":
		abroad = "010"
	}
	if rest, is := strings.CutPrefix(digits, abroad); is {
		return rest, true
	}
	if rest, is := strings.CutPrefix(digits, "00"); is {
		return rest, true
	}
	if code == "" {
		return "", false
	}
	if wide := areaCodes[country]; wide != "" {
		code = wide
	}
	national := digits
	switch {
	case america:
		if len(digits) == 11 {
			national = strings.TrimPrefix(digits, "1")
		}
	case country == "HU":
		national = strings.TrimPrefix(digits, "06")
	case country == "RU" || country == "KZ":
		if len(digits) == 11 {
			national = strings.TrimPrefix(digits, "8")
		}
	case !slices.Contains(zeroStays, country):
		national = strings.TrimPrefix(digits, "0")
	}
	if len(national) < shortest { // 110, 112, 911 and what else is short is no number of a home
		return "", false
	}
	return code + national, true
}

// shortest is the shortest national number that is taken: countries with fewer digits write theirs with a plus.
const shortest = 5

// areaCodes are calling codes of countries that the table knows by longer beginnings.
var areaCodes = map[string]string{
	"AQ": "672", "AX": "358", "BQ": "599", "CC": "61", "CW": "599", "CX": "61", "EH": "212", "GG": "44", "IM": "44", "JE": "44", "KZ": "7",
	"NF": "672", "SJ": "47", "VA": "39", "YT": "262",
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
