package template

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"vestibule/shared/domain"
)

// row is one row while it is checked.
type rowCheck struct {
	form Form
	row  *Row
}

// cell gives the text of a column, empty when the form has none of that key.
func (r rowCheck) cell(key string) string {
	if at := r.form.Index(key); at >= 0 {
		return r.row.Cells[at]
	}
	return ""
}

// any tells whether one of some columns holds something.
func (r rowCheck) any(keys ...string) bool {
	for _, key := range keys {
		if r.cell(key) != "" {
			return true
		}
	}
	return false
}

// wrong notes a fault; one column is told of one matter once.
func (r rowCheck) wrong(key string, code Code, message string) {
	for _, f := range r.row.Faults {
		if f.Column == key && f.Message == message {
			return
		}
	}
	r.row.Faults = append(r.row.Faults, Fault{Column: key, Code: code, Value: r.cell(key), Message: message})
}

func (r rowCheck) odd(key string, code Code, message string) {
	r.row.Notes = append(r.row.Notes, Fault{Column: key, Code: code, Value: r.cell(key), Message: message})
}

// name checks a name that must be there when needed.
func (r rowCheck) name(key string, most int, needed bool) {
	text := r.cell(key)
	switch n := utf8.RuneCountInString(text); {
	case text == "" && needed:
		r.wrong(key, Required, "Required: a name is needed.")
	case n > most:
		r.wrong(key, TooLong, "Too long: at most "+strconv.Itoa(most)+" characters; this has "+strconv.Itoa(n)+".")
	}
}

// apt checks an apartment number.
func (r rowCheck) apt() {
	switch text := r.cell("apt"); {
	case text == "":
		r.wrong("apt", Required, "Required: the apartment number.")
	case strings.HasPrefix(text, "#"):
		r.wrong("apt", AptLeadingHash, "Leading #: residents type number and PIN at some door phones, which could not tell one from the other. Such as 2#123.")
	case !aptPattern.MatchString(text):
		r.wrong("apt", BadApt, "Bad apartment number: 1 to 6 digits, or groups such as 2#123.")
	}
}

// floors reads accessible floors; nil for a blank cell.
func (r rowCheck) floors() []string {
	var out []string
	text := r.cell("floors")
	for _, token := range strings.FieldsFunc(text, func(c rune) bool { return c == ';' || c == ',' }) {
		token = strings.ToUpper(strings.TrimSpace(token))
		switch n, err := strconv.Atoi(token); {
		case token == "":
		case token == "ALL":
			out = append(out, domain.AllFloors)
		case token == "G0", token == "G1", token == "G2", err == nil && n >= -10 && n <= 128 && strconv.Itoa(n) == token:
			out = append(out, token)
		default:
			r.wrong("floors", BadFloor, "Bad floor "+strconv.Quote(token)+": -10 to 128, G0, G1, G2 with semicolons between them, or All.")
		}
	}
	if len(out) > 1 {
		seen := map[string]bool{}
		for _, floor := range out {
			if floor == domain.AllFloors {
				r.wrong("floors", BadFloor, "Bad floor: All leaves out single floors.")
				break
			}
			if seen[floor] {
				r.wrong("floors", BadFloor, "Bad floor: each floor once.")
				break
			}
			seen[floor] = true
		}
	}
	return out
}

func (r rowCheck) mail() {
	if text := r.cell("email"); text != "" && !isEmail(text) {
		r.wrong("email", BadEmail, "Bad e-mail: an address such as name@example.com.")
	}
}

// whole reads a number of a range; ok is false for a blank or a wrong cell.
func (r rowCheck) whole(key string, most int, code Code, message string) (n int, ok bool) {
	text := r.cell(key)
	if text == "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most || text != strconv.Itoa(n) {
		r.wrong(key, code, message)
		return 0, false
	}
	return n, true
}

var (
	onlyDigits  = regexp.MustCompile(`^[0-9]{3,20}$`)
	callingCode = regexp.MustCompile(`^\+?[0-9]{1,4}$`)
	inFull      = regexp.MustCompile(`^\+([0-9]{1,4}) ([0-9]+)$`)
)

// digits takes away what people write between the digits of a number.
func digits(number string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(" -/().", c) {
			return -1
		}
		return c
	}, number)
}

// phone reads one number as it is kept. was is the number there is, which stays as it is when the digits are the same.
func (r rowCheck) phone(key, was string) string {
	text := r.cell(key)
	if text == "" {
		return was
	}
	number, code := digits(text), r.cell("calling_code")
	switch rest, full := strings.CutPrefix(number, "+"); {
	case full && onlyDigits.MatchString(rest):
		return same(text, was)
	case !onlyDigits.MatchString(number):
		r.wrong(key, BadPhone, "Bad phone number: digits, such as 14587444.")
		return was
	case code == "":
		if was != "" && digits(was) == number {
			return was
		}
		r.wrong("calling_code", BadCallingCode, "Calling code missing: the country code of the numbers, such as 1 or 49.")
		return was
	case !callingCode.MatchString(code):
		return was // told by the check of the code
	}
	return same("+"+strings.TrimPrefix(code, "+")+" "+number, was)
}

// same keeps the number there is when only its blanks differ.
func same(number, was string) string {
	if was != "" && digits(number) == digits(was) {
		return was
	}
	return number
}

// phones reads the mobile number and the landlines.
func (r rowCheck) phones(mobile string, landlines []string) (string, []string) {
	if code := r.cell("calling_code"); code != "" && !callingCode.MatchString(code) {
		r.wrong("calling_code", BadCallingCode, "Bad calling code: 1 to 4 digits, such as 1 or 49.")
	}
	mobile = r.phone("mobile", mobile)
	var out []string
	for i, key := range []string{"phone1", "phone2", "phone3"} {
		was := ""
		if i < len(landlines) {
			was = landlines[i]
		}
		number := r.phone(key, was)
		if number == "" || slices.ContainsFunc(out, func(n string) bool { return digits(n) == digits(number) }) {
			continue // a sheet that leaves out the first landline gives its second one again
		}
		out = append(out, number)
	}
	return mobile, out
}

// handsets reads analog handsets; nil for a blank cell.
func (r rowCheck) handsets() []domain.Handset {
	var out []domain.Handset
	for _, part := range strings.Split(r.cell("handsets"), ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, number, found := strings.Cut(part, ",")
		h := domain.Handset{Name: strings.TrimSpace(name), Number: strings.TrimSpace(number)}
		if !found || h.Name == "" || !onlyHandset.MatchString(h.Number) {
			r.wrong("handsets", MalformedHandset, "Malformed handset "+strconv.Quote(part)+": name,number with 1 to 8 digits, and a semicolon between handsets.")
			continue
		}
		out = append(out, h)
	}
	return out
}

var onlyHandset = regexp.MustCompile(`^[0-9]{1,8}$`)

// listed is a device of a device cell.
type listed struct {
	name string
	of   domain.DeviceType
	mac  domain.MAC
}

// devices reads the device cell (TPL-07). Each device is checked on its own, and a MAC may stand in a file once.
func (r rowCheck) devices(seen map[domain.MAC]int) []listed {
	var out []listed
	for _, part := range strings.Split(r.cell("device"), ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		fields := strings.Split(part, ",")
		quoted := strconv.Quote(part)
		if len(fields) != 3 {
			r.wrong("device", MalformedDevice, "Malformed device "+quoted+": name,type,MAC, and a semicolon between devices.")
			continue
		}
		d := listed{name: strings.TrimSpace(fields[0])}
		code, err := strconv.Atoi(strings.TrimSpace(fields[1]))
		if err == nil && code >= 0 && code <= 255 {
			d.of = domain.DeviceType(code)
		}
		known := err == nil && code >= 0 && code <= 255 && d.of.Valid()
		mac, macErr := domain.ParseMAC(fields[2])
		d.mac = mac
		if d.name == "" {
			r.wrong("device", MissingDeviceName, "Missing device name in "+quoted+": name,type,MAC.")
		}
		if utf8.RuneCountInString(d.name) > domain.MaxDeviceName {
			r.wrong("device", TooLong, "Too long: the name of a device has at most 64 characters.")
		}
		if !known {
			r.wrong("device", UnknownDeviceType, "Unknown device type in "+quoted+": 0, 1, 2, 3 or 50.")
		}
		if macErr != nil {
			r.wrong("device", BadMAC, "Bad MAC in "+quoted+": 12 hexadecimal digits, such as 0C11050B9814.")
			continue
		}
		if line, twice := seen[mac]; twice {
			r.wrong("device", DuplicateMAC, "Duplicate MAC "+string(mac)+": it stands in row "+strconv.Itoa(line)+" already.")
			continue
		}
		seen[mac] = r.row.Line
		if d.name != "" && known {
			out = append(out, d)
		}
	}
	return out
}

// identityOf reads the word for what somebody is in an office; empty for another word (A22).
func identityOf(word string) domain.PersonKind {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "advanced user", "staff":
		return domain.AdvancedUser
	case "basic user", "personnel":
		return domain.BasicUser
	}
	return ""
}
